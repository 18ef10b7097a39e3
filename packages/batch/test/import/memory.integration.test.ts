import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@uno/testing';
import pg from 'pg';

/** Memory stays the same from about 100,000 rows on. `UNO_ROWS=1000000` imports a million. */
const rows = Number(process.env['UNO_ROWS'] ?? 200_000);
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const importer = fileURLToPath(new URL('./support/importer-of-rows.mjs', import.meta.url));

let database: TestDatabase;

beforeAll(async () => {
  // The process runs what a user runs: the packages as they are built.
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '--build', 'packages/batch', 'packages/formats'], { cwd: root });
  database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query(`create table place (id integer primary key, name text not null, country varchar(2),
    population integer, latitude float8, longitude float8, active boolean, created_at timestamptz)`);
  await client.end();
});

afterAll(() => database.drop());

describe('an import from a stream', () => {
  it('keeps the process under 200 MB, however many rows there are', () => {
    const told = execFileSync(process.execPath, [importer, database.connectionString, 'place', String(rows)]);
    const { inserted, peak }: { inserted: number; peak: number } = JSON.parse(told.toString());
    expect(inserted).toBe(rows);
    expect(peak / 1024).toBeLessThan(200);
  });
});
