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

describe('statements that are sent behind others', () => {
  const rename = { sql: 'update city set name = $2 where id = $1', name: 'rename' };
  const short = (statement = rename) =>
    new Flight([{ statement, parameters: new WireParameters(['1', 'Oslo']), keepRows: true }]);
  const parses = (written: readonly Uint8Array[]) =>
    Buffer.concat(written).toString('latin1').split(rename.sql).length - 1;

  it('leave before those are answered, when all of those is written, and are parsed once', () => {
    const { connection, written, takeAll } = recorder();
    const [first, second] = [longFlight(), short()];
    first.submit(connection);
    second.sendBehind(first, connection);
    for (let i = 0; i < 20; i++) takeAll();
    const all = Buffer.concat(written);
    expect(all.indexOf(sync)).toBeLessThan(all.indexOf(rename.sql));
    expect(all.subarray(-sync.length)).toEqual(sync);
    const pieces = written.length;
    second.submit(connection);
    expect(written).toHaveLength(pieces);
    expect(parses(written)).toBe(1);
  });

  it('are not parsed again where those are having them parsed', () => {
    const { connection, written } = recorder();
    const [first, second] = [short(), short()];
    first.submit(connection);
    second.sendBehind(first, connection);
    expect(written).toHaveLength(2);
    expect(parses(written)).toBe(1);
  });

  it('wait for their turn when those are over, or when they are refused', () => {
    const { connection, written } = recorder();
    const first = longFlight();
    first.submit(connection);
    short().sendBehind(first, connection);
    short({ ...rename, sql: 'copy city from stdin' }).sendBehind(first, connection);
    first.handleError(serverError('22012'), connection);
    expect(written.slice(1)).toEqual([sync]);
  });

  it('take the connection with them when they are given up before their turn', () => {
    const { connection } = recorder();
    let isDestroyed = false;
    const destroy = () => {
      isDestroyed = true;
    };
    const own = { ...connection, stream: { ...connection.stream, destroy } };
    const [first, second, third] = [short(), short(), short()];
    first.submit(own);
    second.handleError(new Error('Query read timeout'), own);
    expect(isDestroyed).toBe(false);
    third.sendBehind(first, own);
    third.handleError(new Error('Query read timeout'), own);
    expect(isDestroyed).toBe(true);
  });
});
