import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError, column, mapEntity, RowSuppressedError, UnoDBRepository } from '@uno/domain';
import { ConfigError, StatementError, UnoError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { towns } from '../support/town.js';

class Reading {
  at!: string;
  celsius!: number | null;
}

/** A key of which one value has many texts. */
const readings = mapEntity(Reading, {
  table: 'reading',
  key: 'at',
  columns: { at: column.numeric(), celsius: column.integer().nullable() },
});

class Blob {
  id!: number;
  text!: string;
}

const blobs = mapEntity(Blob, { table: 'blob', columns: { id: column.integer(), text: column.text() } });

let test: TestContext;
let operations: BatchOperations<typeof towns>;

beforeAll(async () => {
  test = await openTestContext([towns, readings, blobs]);
  operations = new BatchOperations({ table: towns, db: test.db });
});

afterAll(() => test.close());

beforeEach(() => test.run('truncate town, reading, blob restart identity'));

async function failureOf(run: () => Promise<unknown>): Promise<unknown> {
  return run().then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function withTrigger(when: string, body: string, run: () => Promise<void>): Promise<void> {
  await test.run(`create function meddle() returns trigger language plpgsql as $$ begin ${body} end $$`);
  await test.run(`create trigger meddle ${when} on town for each row execute function meddle()`);
  try {
    await run();
  } finally {
    await test.run('drop function meddle cascade');
  }
}

describe('a table whose trigger hands keys around', () => {
  it('gives every record its own row all the same', async () => {
    await withTrigger('before insert', 'new.id := 11 - new.id; return new;', async () => {
      const fresh = new BatchOperations({ table: towns, db: test.db });
      const input = Array.from({ length: 10 }, (_, i) => ({ id: i + 1, name: `town ${i}`, population: i }));
      const { models } = await fresh.batchInsert(input, { returnModels: true, batchSize: 4 });
      expect(models.map(({ id, name }) => [id, name])).toEqual(input.map(({ id, name }) => [11 - id, name]));
    });
  });
});

describe('a trigger that suppresses an update', () => {
  it('is not taken for a row that is gone', async () => {
    const repository = new UnoDBRepository(test.context(), towns);
    const { id } = await repository.add({ name: 'a' });
    await withTrigger('before update', 'return null;', async () => {
      expect(await failureOf(() => repository.update({ id, name: 'b' }))).toBeInstanceOf(RowSuppressedError);
    });
  });
});

describe('keys of which one value has many texts', () => {
  it.each([true, false])(
    'are updated one after the other, and counted so (batching %s)',
    async (useBatchOperations) => {
      const repository = new UnoDBRepository(test.context(), readings);
      await repository.add({ at: '1' });
      const spellings = ['1', '1.0', '7', '01', '1e0'].map((at, i) => ({ at, celsius: i }));
      expect(await repository.batchUpdate(spellings, { useBatchOperations })).toBe(4);
      expect(await repository.list()).toMatchObject([{ celsius: 4 }]);
    },
  );
});

describe('the key of a row that is there', () => {
  it('cannot be among updateColumns', async () => {
    const options: object = { constraintColumns: ['country', 'name'], updateColumns: ['id', 'population'] };
    const failure = await failureOf(() => operations.batchUpsert([{ id: 42, name: 'a', country: 'CH' }], options));
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure).toMatchObject({ message: expect.stringContaining('"id" cannot be among updateColumns') });
  });
});

describe('more text than a string can hold', () => {
  it('goes in smaller pieces, in one transaction', async () => {
    const large = 'x'.repeat(2 ** 24);
    const records = Array.from({ length: 33 }, (_, id) => ({ id, text: large }));
    const { inserted } = await new BatchOperations({ table: blobs, db: test.db }).batchInsert(records);
    expect(inserted).toBe(33);
  });
});

describe('a missing privilege', () => {
  it('is no record’s fault, and a row that a policy refuses is', async () => {
    await test.run('create role guest nologin');
    const attempt = (statements: string[]) =>
      failureOf(() =>
        test.db.transaction().execute(async (transaction) => {
          for (const text of statements) await sql.raw(text).execute(transaction);
          const inside = new BatchOperations({ table: towns, db: transaction });
          await inside.batchInsert([{ name: 'a' }, { name: 'forbidden' }]);
        }),
      );
    try {
      expect(await attempt(['set local role guest'])).toBeInstanceOf(StatementError);
      await test.run('grant all on town to guest');
      await test.run('alter table town enable row level security');
      await test.run(`create policy polite on town using (true) with check (name <> 'forbidden')`);
      const refused = await attempt(['set local role guest']);
      expect(refused).toBeInstanceOf(BatchError);
      expect(refused).toMatchObject({ index: 1, sqlstate: '42501' });
    } finally {
      await test.run('drop policy if exists polite on town');
      await test.run('alter table town disable row level security');
      await test.run('revoke all on town from guest');
      await test.run('drop role guest');
    }
  });
});

describe('what is printed of an error with its causes', () => {
  it('has no row in it', async () => {
    await test.run('alter table town add constraint known check (population < 1000)');
    try {
      const failure = await failureOf(() => operations.batchInsert([{ name: 'open sesame', population: 1000 }]));
      expect(failure).toBeInstanceOf(BatchError);
      expect(inspect(failure, { depth: 10 })).not.toContain('sesame');
      const detail =
        UnoError.is(failure) && UnoError.is(failure.cause) ? Reflect.get(Object(failure.cause.cause), 'detail') : '';
      expect(detail).toContain('open sesame');
    } finally {
      await test.run('alter table town drop constraint known');
    }
  });
});

describe('an argument that is no list', () => {
  const repository = () => new UnoDBRepository(test.context(), towns);

  it.each([null, undefined, 7, 'abc', { length: 1 }])('is refused: %p', async (input) => {
    const list = input as never;
    const calls = [
      () => operations.batchInsert(list),
      () => operations.batchUpdate(list),
      () => operations.batchUpsert(list),
      () => operations.batchDelete(list),
      () => operations.batchGet(list),
      () => repository().batchAdd(list, { useBatchOperations: false }),
      () => repository().batchGet(list, { useBatchOperations: false }),
      () => repository().batchRemove(list),
    ];
    for (const call of calls) {
      const failure = await failureOf(call);
      expect(failure).toBeInstanceOf(ValidationError);
      expect(failure).toMatchObject({ message: expect.stringMatching(/^batch\w+ takes an array, (not|an iterable)/) });
    }
  });

  it('has no record where it has a hole', async () => {
    const holes: never[] = [];
    holes.length = 2;
    expect(await failureOf(() => operations.batchInsert(holes))).toMatchObject({ code: 'UNO_BATCH', index: 0 });
    expect(await failureOf(() => operations.batchGet(holes))).toMatchObject({ code: 'UNO_BATCH', index: 0 });
  });

  it.each([null, 5, []])('has no options: %p', async (options) => {
    expect(await failureOf(() => operations.batchGet([1], options as never))).toBeInstanceOf(ConfigError);
    expect(await failureOf(() => repository().list(options as never))).toBeInstanceOf(ConfigError);
  });
});
