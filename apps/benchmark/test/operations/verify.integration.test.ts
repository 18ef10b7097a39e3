import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PostgresServer } from '@uno/testing';
import pg from 'pg';
import { Dataset } from '../../src/operations/dataset.js';
import { Stage } from '../../src/operations/stage.js';
import { VerificationError, verify } from '../../src/operations/verify.js';
import { testServer } from '../support/test-server.js';

const rows = 5;
let server: PostgresServer;
let stage: Stage;
let client: pg.Client;
beforeAll(async () => {
  server = await testServer();
  stage = await Stage.open(server, new Dataset(rows));
  client = new pg.Client({ connectionString: stage.connectionString });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stage[Symbol.asyncDispose]();
  await server.stop();
});

/** Has another connection change the tables. */
async function change(statement: string): Promise<void> {
  await client.query(statement);
  stage.disturbed();
}

describe('verify', () => {
  it('believes no operation that has done nothing', async () => {
    await stage.restore('empty');
    await expect(verify('insert', stage, rows)).rejects.toThrow(new VerificationError('rows: 5 wanted, 0 found'));
    await expect(verify('insert-ids', stage, [1, 2, 3, 4, 5])).rejects.toThrow(VerificationError);
    await stage.restore('half');
    await expect(verify('upsert', stage, { inserted: 2, updated: 3 })).rejects.toThrow(VerificationError);
    await stage.restore('full');
    await expect(verify('update', stage, rows)).rejects.toThrow(/checksum/);
    await expect(verify('delete', stage, rows)).rejects.toThrow(VerificationError);
    await expect(verify('get', stage, [])).rejects.toThrow(VerificationError);
  });

  it('sees a row that differs in one value', async () => {
    await stage.restore('full');
    await verify('insert', stage, rows);
    await change('update measured set latitude = latitude + 0.001 where id = 3');
    await expect(verify('insert', stage, rows)).rejects.toThrow(/checksum of the rows/);
  });

  it('sees ids that are not those of their records', async () => {
    await stage.restore('empty');
    await change(
      `insert into numbered (name, country, population, latitude, longitude, active, created_at)
      select name, country, population, latitude, longitude, active, created_at from start_full order by id`,
    );
    await verify('insert-ids', stage, [1, 2, 3, 4, 5]);
    await expect(verify('insert-ids', stage, [1, 2, 3, 5, 4])).rejects.toThrow(
      'ids of their records: 5 wanted, 3 found',
    );
  });

  it('sees records in another order, and records with another value', async () => {
    await stage.restore('full');
    const { records } = stage.data;
    await verify('get', stage, records);
    await expect(verify('get', stage, records.toReversed())).rejects.toThrow(VerificationError);
    const changed = records.map((record) => ({ ...record, createdAt: new Date(0) }));
    await expect(verify('get', stage, changed)).rejects.toThrow('records as stored: 5 wanted, 0 found');
  });

  it('sees totals that are not those of the rows', async () => {
    await stage.restore('full');
    await change(`update measured set name = 'Another name ' || id, population = population + 1 + id % 10`);
    await verify('upsert', stage, { inserted: 2, updated: 3 });
    await expect(verify('upsert', stage, { inserted: 3, updated: 2 })).rejects.toThrow(/said to be inserted/);
    await expect(verify('update', stage, rows - 1)).rejects.toThrow(/said to be updated/);
  });
});
