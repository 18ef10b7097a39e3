import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, CheckpointError, forgetCheckpoint, RejectsError, SourceChangedError } from '@uno/batch';
import { CallbackError } from '@uno/domain';
import { sql } from 'kysely';
import { failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';

let context: TestContext;
let folder: string;
let operations: BatchOperations<typeof towns>;

beforeAll(async () => {
  context = await openTestContext([towns]);
  folder = await mkdtemp(join(tmpdir(), 'uno-import-'));
  operations = new BatchOperations({ table: towns, db: context.db, config: { batchSize: 3, retryDelayMs: 0 } });
});

afterAll(async () => {
  await context.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  await context.run('truncate town restart identity');
  await context.run('drop table if exists uno_import, uno_import_chunk');
});

class Crash extends Error {}

type Town = ReturnType<typeof someTowns>[number];

/** The records, up to the one on which the source breaks. */
async function* breaking(records: readonly Town[], at: number): AsyncGenerator<Town> {
  for (const [i, record] of records.entries()) {
    if (i === at) throw new Crash();
    yield record;
  }
}

async function count(): Promise<number> {
  const { rows } = await sql<{ n: string }>`select count(*) as n from town`.execute(context.db);
  return Number(rows[0]?.n);
}

const crashOf = async (promise: Promise<unknown>) => {
  const failure = await failureOf(promise);
  const cause = Object(failure).code === 'UNO_BATCH' ? Object(failure).cause : failure;
  expect(cause).toBeInstanceOf(CallbackError);
  expect(Object(cause).cause).toBeInstanceOf(Crash);
};

describe('an import with a checkpoint', () => {
  it.each(['chunked', 'pipelined', 'parallel'] as const)('goes on where it stopped: %s', async (strategy) => {
    const records = someTowns(20);
    const options = { checkpoint: 'towns', strategy } as const;
    await crashOf(operations.batchImport(breaking(records, 8), options));
    const written = await count();
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(9);
    await crashOf(operations.batchImport(breaking(records, 15), options));
    const result = await operations.batchImport(records, options);
    expect(result).toMatchObject({ total: 20, inserted: 20, failed: 0 });
    expect(result.resumed).toBeGreaterThan(written);
    expect(await count()).toBe(20);
  });

  it('gives the same totals when it is called again at its end', async () => {
    const options = { checkpoint: 'towns', uniqueFields: ['country', 'name'] } as const;
    const records = [...someTowns(5), ...someTowns(2)];
    const first = await operations.batchImport(records, options);
    const second = await operations.batchImport(records, options);
    expect(first).toMatchObject({ total: 7, inserted: 5, skipped: 2, resumed: 0 });
    expect(second).toEqual({ ...first, resumed: 7, elapsedMs: expect.any(Number) });
  });

  it('is told of progress from where it goes on', async () => {
    const records = someTowns(9);
    await crashOf(operations.batchImport(breaking(records, 7), { checkpoint: 'towns', strategy: 'chunked' }));
    const processed: number[] = [];
    const onProgress = (progress: { readonly processed: number }) => processed.push(progress.processed);
    await operations.batchImport(records, { checkpoint: 'towns', strategy: 'chunked', onProgress });
    expect(processed).toEqual([9]);
  });

  it('counts the failures of earlier runs', async () => {
    const records = someTowns(9).map((town, i) => (i % 2 === 0 ? town : { ...town, country: 'long' }));
    const options = { checkpoint: 'towns', strategy: 'chunked', onRecordError: 'skip', maxFailures: 3 } as const;
    await crashOf(operations.batchImport(breaking(records, 7), options));
    const failure = await failureOf(operations.batchImport(records, options));
    expect(failure).toMatchObject({ code: 'UNO_BATCH', index: 7 });
    const patient = await operations.batchImport(records, { ...options, maxFailures: 4 });
    expect(patient).toMatchObject({ total: 9, inserted: 5, failed: 4, resumed: 6 });
  });

  it.each([
    ['that reads otherwise', (records: Town[]) => records.with(2, { name: 'other', country: 'FR', population: 2 })],
    ['that is shorter', (records: Town[]) => records.slice(0, 4)],
    ['that has a record more before', (records: Town[]) => [{ name: 'new', country: 'FR', population: 0 }, ...records]],
  ])('refuses a source %s', async (_, changed) => {
    const records = someTowns(9);
    const options = { checkpoint: 'towns', strategy: 'chunked' } as const;
    await crashOf(operations.batchImport(breaking(records, 8), options));
    const failure = await failureOf(operations.batchImport(changed(records), options), SourceChangedError);
    expect(failure.message).toContain('"towns"');
    expect(await count()).toBe(6);
    // The right one may still come.
    expect(await operations.batchImport(records, options)).toMatchObject({ total: 9, inserted: 9 });
  });

  it('refuses a source that has got longer since its end', async () => {
    await operations.batchImport(someTowns(6), { checkpoint: 'towns' });
    await failureOf(operations.batchImport(someTowns(7), { checkpoint: 'towns' }), SourceChangedError);
    expect(await count()).toBe(6);
  });

  it('refuses another call under its name, until it is forgotten', async () => {
    await operations.batchImport(someTowns(3), { checkpoint: 'towns' });
    const other = { checkpoint: 'towns', uniqueFields: ['country', 'name'] } as const;
    const failure = await failureOf(operations.batchImport(someTowns(3), other), CheckpointError);
    expect(failure.message).toContain('uniqueFields');
    expect(await forgetCheckpoint(context.db, 'towns')).toBe(true);
    expect(await forgetCheckpoint(context.db, 'towns')).toBe(false);
    expect(await operations.batchImport(someTowns(3), other)).toMatchObject({ total: 3, skipped: 3 });
  });

  it('ends an earlier run that is still alive', async () => {
    // Without it, nothing but the checkpoint keeps a record from being there twice.
    await context.run('alter table town drop constraint town_country_name_key');
    const records = someTowns(9);
    let goOn = () => {};
    const waited = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let begun = () => {};
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    async function* slow() {
      yield* records.slice(0, 4);
      begun();
      await waited;
      yield* records.slice(4);
    }
    const earlier = failureOf(operations.batchImport(slow(), { checkpoint: 'towns', strategy: 'chunked' }));
    await isBegun;
    const result = await operations.batchImport(records, { checkpoint: 'towns' });
    goOn();
    const failure = await earlier;
    expect(Object(failure).cause).toBeInstanceOf(CheckpointError);
    expect(result).toMatchObject({ total: 9, inserted: 9 });
    expect(await count()).toBe(9);
    await context.run('alter table town add constraint town_country_name_key unique (country, name)');
  });

  it('keeps its tables in the schema that it is told', async () => {
    await context.run('create schema if not exists "Import things"');
    const checkpoint = { name: 'towns', schema: 'Import things' };
    await operations.batchImport(someTowns(4), { checkpoint });
    const { rows } = await sql<{ n: string }>`select count(*) as n from "Import things".uno_import_chunk`.execute(
      context.db,
    );
    expect(rows).toEqual([{ n: '2' }]);
    await context.run('drop schema "Import things" cascade');
  });

  it('can be begun side by side with others, which make the tables, too', async () => {
    const imports = Array.from({ length: 4 }, (_, i) =>
      operations.batchImport(someTowns(3, i * 3), { checkpoint: `part ${i}` }),
    );
    expect(await Promise.all(imports)).toMatchObject(imports.map(() => ({ inserted: 3 })));
    expect(await count()).toBe(12);
  });
});

describe('a file of rejected records', () => {
  const bad = (i: number) => i % 3 === 1;
  const records = someTowns(17).map((town, i) => (bad(i) ? { ...town, country: 'toolong' } : town));
  const options = (name: string) =>
    ({ onRecordError: 'skip', rejects: join(folder, name), strategy: 'chunked' }) as const;
  const lines = records.flatMap((record, i) =>
    bad(i)
      ? [
          {
            uno_line: i + 1,
            uno_field: 'country',
            uno_reason: expect.stringContaining('varchar(3)'),
            ...record,
          },
        ]
      : [],
  );
  const read = async (name: string) => (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');

  it('has a line for each, with where and why', async () => {
    await operations.batchImport(records, options('plain'));
    expect((await read('plain')).map((line) => JSON.parse(line))).toEqual(lines);
    expect(await readdir(folder)).toEqual(['plain']);
  });

  it.each(['chunked', 'parallel'] as const)('is the same when the import was broken off: %s', async (strategy) => {
    await operations.batchImport(records, { ...options('at once'), checkpoint: 'at once' });
    await context.run('truncate town');
    const broken = { ...options('broken'), strategy, checkpoint: 'broken' } as const;
    await crashOf(operations.batchImport(breaking(records, 5), broken));
    await crashOf(operations.batchImport(breaking(records, 13), broken));
    const result = await operations.batchImport(records, broken);
    expect(result).toMatchObject({ total: 17, inserted: 11, failed: 6 });
    expect(await read('broken')).toEqual(await read('at once'));
    expect((await readdir(folder)).filter((name) => name.includes('.'))).toEqual([]);
  });

  it('shows what was rejected when the import is given up, and can be completed then', async () => {
    const checkpoint = { ...options('given up'), checkpoint: 'given up' } as const;
    await failureOf(operations.batchImport(records, { ...checkpoint, maxFailures: 3 }));
    expect((await read('given up')).map((line) => JSON.parse(line))).toEqual(lines.slice(0, 4));
    await operations.batchImport(records, checkpoint);
    expect((await read('given up')).map((line) => JSON.parse(line))).toEqual(lines);
  });

  it('is not there when nothing was rejected, nor is an older one', async () => {
    await operations.batchImport(records, options('older'));
    await context.run('truncate town');
    await operations.batchImport(someTowns(5), options('older'));
    expect(await readdir(folder)).not.toContain('older');
    await operations.batchImport(records, { ...options('older'), uniqueFields: ['country', 'name'] });
    // One that fails before anything was rejected takes nothing away that somebody has to mend.
    await crashOf(operations.batchImport(breaking(someTowns(5), 2), options('older')));
    expect(await readdir(folder)).toContain('older');
  });

  it('is missed when it is gone and the import goes on', async () => {
    const checkpoint = { ...options('gone'), checkpoint: 'gone' } as const;
    await crashOf(operations.batchImport(breaking(records, 8), checkpoint));
    await rm(join(folder, 'gone.part'));
    const failure = await failureOf(operations.batchImport(records, checkpoint), RejectsError);
    expect(failure.message).toContain('gone.part');
  });

  it('has to be one that can be written', async () => {
    const unwritable = { ...options('none/there') };
    const failure = await failureOf(operations.batchImport(records, unwritable), RejectsError);
    expect(failure.message).toContain('none/there');
    expect(await count()).toBe(0);
  });
});
