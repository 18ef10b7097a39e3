import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '@uno/testing';
import pg from 'pg';
import { UnoConnection } from '../../src/dialect/uno-connection.js';
import { ConnectionError } from '../../src/index.js';
import { failureOf } from '../support/conditions.js';
import { TestBed } from '../support/test-bed.js';

let bed: TestBed;
let proxy: FaultProxy;

beforeAll(async () => {
  bed = await TestBed.create();
  proxy = await startFaultProxy({ target: bed.connectionString });
});
afterAll(async () => {
  await proxy.close();
  await bed.close();
});

describe('a server that lets somebody in and then says nothing more', () => {
  it('loses the connection, so that its place in the pool is free', async () => {
    const pool = new pg.Pool({ connectionString: proxy.connectionString, max: 1 });
    pool.on('error', () => undefined);
    try {
      const connection = new UnoConnection(await pool.connect());
      proxy.inject({ when: { from: 'client', text: 'set_config' }, action: 'stall' });
      const error = await failureOf(connection.prepareSession(20));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ message: expect.stringContaining('did not answer a statement within 20 ms') });
      connection.release();
      expect(pool.totalCount).toBe(0);
      proxy.resume();
      const other = new UnoConnection(await pool.connect());
      await other.prepareSession();
      expect(other.serverLife).toMatch(/^\d+/);
      other.release();
    } finally {
      await pool.end();
    }
  });
});
