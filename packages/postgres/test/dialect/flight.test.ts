import { describe, expect, it } from '@jest/globals';
import { Flight } from '../../src/dialect/flight.js';
import { ConfigError, WireParameters } from '../../src/index.js';
import { serverError } from '../support/server-error.js';

const sync = Buffer.from('S\0\0\0\x04');

/** A socket that takes what it is given, and says so when it is told to. */
function recorder() {
  const written: Uint8Array[] = [];
  const waiting: (() => void)[] = [];
  const write = (bytes: Uint8Array, onWritten?: () => void) => {
    written.push(bytes);
    if (onWritten !== undefined) waiting.push(onWritten);
    return true;
  };
  const connection = {
    stream: { writable: true, write, destroy: () => undefined },
    parsedStatements: {},
    on: () => undefined,
    removeListener: () => undefined,
  };
  const takeAll = () => {
    for (const next of waiting.splice(0)) next();
  };
  return { connection, written, takeAll };
}

/** More than is written at once. */
function longFlight(): Flight {
  const parameters = new WireParameters(['x'.repeat(50_000)]);
  return new Flight(
    Array.from({ length: 10 }, () => ({ statement: { sql: 'select $1' }, parameters, keepRows: true })),
  );
}

describe('statements that are sent together', () => {
  it('are written on when what was written is taken, up to the Sync', () => {
    const { connection, written, takeAll } = recorder();
    expect(longFlight().submit(connection)).toBeUndefined();
    expect(written).toHaveLength(1);
    for (let i = 0; i < 20; i++) takeAll();
    const all = Buffer.concat(written);
    expect(all.length).toBeGreaterThan(500_000);
    expect(all.indexOf(sync)).toBe(all.length - sync.length);
  });

  it('end with a Sync at once when the server has refused one', () => {
    const { connection, written, takeAll } = recorder();
    const flight = longFlight();
    flight.submit(connection);
    flight.handleError(serverError('22012'), connection);
    for (let i = 0; i < 20; i++) takeAll();
    expect(written.slice(1)).toEqual([sync]);
  });

  it('do not end so when the driver gives up, as the server would commit a part', () => {
    const { connection, written, takeAll } = recorder();
    const flight = longFlight();
    flight.submit(connection);
    flight.handleError(new Error('Query read timeout'), connection);
    for (let i = 0; i < 20; i++) takeAll();
    expect(written).toHaveLength(1);
  });

  it('are refused by a client that does not say what is prepared on it, as the native one', () => {
    const { connection, written } = recorder();
    const { parsedStatements: _, ...other } = connection;
    expect(longFlight().submit(other)).toBeInstanceOf(ConfigError);
    expect(written).toEqual([]);
  });
});
