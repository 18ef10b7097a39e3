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

/** So many processes are killed, those that came to their end not counted. */
const kills = Number(process.env['UNO_KILLS'] ?? 200);
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

async function* imports(
  kind: Kind,
): AsyncGenerator<{ readonly name: string; readonly prepared: () => Promise<ImporterProcess> }> {
  for (let number = 0; ; number++) {
    const name = `${kind.title.replaceAll(' ', '_')}_${number}`;
    const check = `check (name <> 'bad')`;
    await client.query(
      `create table ${name} (n integer not null ${kind.unique ? 'unique' : ''}, name text ${check}, amount integer)`,
    );
    const assignment = {
      connectionString: database.connectionString,
      table: name,
      file: join(folder, 'items.csv'),
      batchSize: 40,
      options: { ...kind.options, checkpoint: name, onRecordError: 'skip', rejects: join(folder, `${name}.csv`) },
    };
    yield {
      name,
      prepared: async () => {
        const importer = new ImporterProcess();
        await importer.prepare(assignment);
        return importer;
      },
    };
  }
}

async function endOf(kind: Kind, name: string, { elapsedMs: _, resumed: __, ...totals }: ImportResult): Promise<End> {
  const { rows } = await client.query(`select n, name, amount from ${name} order by n, name, amount`);
  await client.query(`drop table ${name}`);
  const rejects = await readFile(join(folder, `${name}.csv`), 'latin1');
  return { totals, rows, rejects: rejects.replaceAll(name, kind.title) };
}

/** What is in the table is what its checkpoint says, whatever is under way. */
async function expectReconciled(name: string): Promise<void> {
  const { rows } = await client.query(
    `select (select count(*)::int from ${name}) as there,
       (select coalesce(sum(inserted), 0)::int from uno_import_chunk where name = $1) as told`,
    [name],
  );
  expect(rows[0].there).toBe(rows[0].told);
}

describe('an import whose process is killed again and again', () => {
  beforeAll(() => writeFile(join(folder, 'items.csv'), text));

  it.each(kinds)('ends as if nothing had happened: $title', async (kind) => {
    const source = imports(kind);
    const first = (await source.next()).value;
    const began = performance.now();
    const undisturbed = await (await first.prepared()).run(120_000);
    const tookMs = performance.now() - began;
    if (undisturbed === undefined) throw new Error('It did not come to its end.');
    const expected = await endOf(kind, first.name, undisturbed);
    expect(expected.totals.failed).toBeGreaterThan(50);
    let killed = 0;
    for (let one = (await source.next()).value; killed < kills / kinds.length; one = (await source.next()).value) {
      let result: ImportResult | undefined;
      let next = one.prepared();
      while (result === undefined) {
        const importer = await next;
        // The one after it gets ready meanwhile.
        next = one.prepared();
        result = await importer.run(Math.random() * tookMs);
        if (result !== undefined) break;
        killed++;
        await expectReconciled(one.name);
      }
      (await next).end();
      expect(await endOf(kind, one.name, result)).toEqual(expected);
    }
    expect((await readdir(folder)).filter((name) => !name.endsWith('.csv'))).toEqual([]);
  });
});
