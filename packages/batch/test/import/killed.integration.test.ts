import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ImportResult } from '@uno/batch';
import { createTestDatabase, type TestDatabase } from '@uno/testing';
import pg from 'pg';
import { ImporterProcess } from './support/importer-process.js';

/**
 * So many imports are broken off: four in each process that is killed, one of a kind. `UNO_KILLS=800` kills 200 processes.
 */
const kills = Number(process.env['UNO_KILLS'] ?? 60);
const root = fileURLToPath(new URL('../../../..', import.meta.url));

let database: TestDatabase;
let client: pg.Client;
let folder: string;

beforeAll(async () => {
  // The processes run what a user runs: the packages as they are built.
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '--build', 'packages/batch', 'packages/formats'], { cwd: root });
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  folder = await mkdtemp(join(tmpdir(), 'uno-killed-'));
});

afterAll(async () => {
  await client.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

/** Records of which some are wrong: to us, to the server, and to whoever reads the file. Every seventh is there twice. */
function lineOf(i: number): string {
  if (i % 97 === 5) return `${i},"a cell\ntoo many",${i},x`;
  if (i % 61 === 7) return `${i},name ${i},many`;
  if (i % 53 === 11) return `${i},bad,${i}`;
  if (i % 7 === 3) return `${i - 1},again,${i}`;
  return `${i},"name, ""${i}""",${i % 5 === 0 ? '' : i}`;
}

const text = `n,name,amount\n${Array.from({ length: 1_200 }, (_, i) => `${lineOf(i)}\n`).join('')}`;

const kinds = [
  { title: 'in order', unique: false, options: { strategy: 'chunked' } },
  { title: 'read ahead', unique: false, options: { strategy: 'pipelined' } },
  { title: 'side by side', unique: false, options: { strategy: 'parallel' } },
  {
    title: 'that updates',
    unique: true,
    options: { strategy: 'pipelined', uniqueFields: ['n'], updateOnConflict: true },
  },
] as const;

type Kind = (typeof kinds)[number];

/** What is there when an import came to its end. */
interface End {
  readonly totals: Omit<ImportResult, 'elapsedMs' | 'resumed'>;
  readonly rows: readonly unknown[];
  readonly rejects: string;
}

let tables = 0;

/** A new import of a kind: the name of its table, which is that of its checkpoint. */
async function newImport({ title, unique }: Kind): Promise<string> {
  const table = `${title.replaceAll(' ', '_')}_${tables++}`;
  await client.query(
    `create table ${table} (n integer not null ${unique ? 'unique' : ''}, name text check (name <> 'bad'), amount integer)`,
  );
  return table;
}

async function prepared(current: ReadonlyMap<Kind, string>): Promise<ImporterProcess> {
  const importer = new ImporterProcess();
  const imports = [...current].map(([{ options }, table]) => ({
    table,
    options: { ...options, checkpoint: table, onRecordError: 'skip', rejects: join(folder, `${table}.csv`) },
  }));
  const { connectionString } = database;
  await importer.prepare({ connectionString, file: join(folder, 'items.csv'), batchSize: 40, imports });
  return importer;
}

async function endOf(table: string, { elapsedMs: _, resumed: __, ...totals }: ImportResult): Promise<End> {
  const { rows } = await client.query(`select n, name, amount from ${table} order by n, name, amount`);
  const rejects = await readFile(join(folder, `${table}.csv`), 'latin1');
  return { totals, rows, rejects: rejects.replaceAll(table, 'the table') };
}

/** What is in the table is what its checkpoint says, whatever is under way. */
async function expectReconciled(table: string): Promise<void> {
  const { rows } = await client.query(
    `select (select count(*)::int from ${table}) as there,
       (select coalesce(sum(inserted), 0)::int from uno_import_chunk where name = $1) as told`,
    [table],
  );
  expect(rows[0].there).toBe(rows[0].told);
}

describe('imports whose process is killed again and again', () => {
  it('end as if nothing had happened', async () => {
    await writeFile(join(folder, 'items.csv'), text);
    const expected = new Map<Kind, End>();
    const current = new Map<Kind, string>();
    for (const kind of kinds) current.set(kind, await newImport(kind));
    const undisturbed = await prepared(current);
    const began = performance.now();
    const { results } = await undisturbed.run();
    const tookMs = performance.now() - began;
    const renew = async (kind: Kind, found: ReadonlyMap<string, ImportResult>) => {
      const table = current.get(kind) ?? '';
      const result = found.get(table);
      if (result === undefined) return false;
      const end = await endOf(table, result);
      expect({ kind: kind.title, ...end }).toEqual({ kind: kind.title, ...(expected.get(kind) ?? end) });
      expected.set(kind, end);
      current.set(kind, await newImport(kind));
      return true;
    };
    for (const kind of kinds) await renew(kind, results);
    expect([...expected.values()].map(({ totals }) => totals.failed > 50)).toEqual(kinds.map(() => true));
    let brokenOff = 0;
    while (brokenOff < kills) {
      const importer = await prepared(current);
      const { wasKilled, results: found } = await importer.run(Math.random() * tookMs);
      for (const kind of kinds) {
        if (!(await renew(kind, found)) && wasKilled) {
          brokenOff++;
          await expectReconciled(current.get(kind) ?? '');
        }
      }
    }
    const last = await (await prepared(current)).run();
    for (const kind of kinds) expect(await renew(kind, last.results)).toBe(true);
    expect((await readdir(folder)).filter((name) => !name.endsWith('.csv'))).toEqual([]);
  }, 900_000);
});
