import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError, column, mapEntity, RowSuppressedError } from '@uno/domain';
import { sql } from 'kysely';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';

class Ticket {
  id!: string;
  label!: string;
}

/** The key is made by an expression. */
const tickets = mapEntity(Ticket, {
  table: 'Ticket',
  columns: { id: column.uuid().default(sql`gen_random_uuid()`), label: column.text() },
});

class Coupon {
  code!: string;
  label!: string;
}

/** The key is made by a trigger alone; the column has no default that the catalogue could tell. */
const coupons = mapEntity(Coupon, {
  table: 'coupon',
  key: 'code',
  columns: { code: column.text().default(''), label: column.text() },
});

class Line {
  orderId!: number;
  line!: bigint;
  text!: string | null;
}

/** One part of the key is given, the other made. */
const lines = mapEntity(Line, {
  table: 'line',
  key: ['orderId', 'line'],
  columns: {
    orderId: column.integer().named('order_id'),
    line: column.bigint().generated(),
    text: column.text().nullable(),
  },
});

class Tick {
  id!: number;
}

const ticks = mapEntity(Tick, { table: 'tick', columns: { id: column.integer().generated() } });

let test: TestContext;

beforeAll(async () => {
  test = await openTestContext([towns, tickets, coupons, lines, ticks]);
  await test.run('alter table coupon alter code drop default');
  await test.run(`create function coupon_code() returns trigger language plpgsql as
    $$ begin new.code := 'code of ' || new.label; return new; end $$`);
  await test.run('create trigger coupon_code before insert on coupon for each row execute function coupon_code()');
});

afterAll(() => test.close());

beforeEach(async () => {
  await test.run('truncate town, "Ticket", coupon, line, tick restart identity');
});

/** Puts a row trigger on the table of towns while a test runs. */
async function withTrigger(body: string, run: () => Promise<void>): Promise<void> {
  await test.run(`create function meddle() returns trigger language plpgsql as $$ begin ${body} end $$`);
  await test.run('create trigger meddle before insert on town for each row execute function meddle()');
  try {
    await run();
  } finally {
    await test.run('drop function meddle cascade');
  }
}

describe('batchInsert with returnModels', () => {
  it('gives every record the key and the defaults that were made for it, whatever columns it has', async () => {
    const input = someTowns(300).map(({ name, population }, i) =>
      i % 3 === 0 ? { name } : i % 3 === 1 ? { name, country: 'AT', notes: { i } } : { name, population },
    );
    const { models, inserted } = await new BatchOperations({ table: towns, db: test.db }).batchInsert(input, {
      returnModels: true,
      batchSize: 37,
    });
    expect(inserted).toBe(300);
    expect(models.map(({ name }) => name)).toEqual(input.map(({ name }) => name));
    const stored = await new BatchOperations({ table: towns, db: test.db }).batchGet(models.map(({ id }) => id));
    expect(stored).toEqual(models);
    expect(models[0]).toMatchObject({ country: 'CH', population: null, notes: null });
    expect(models[1]).toMatchObject({ country: 'AT', notes: { i: 1 } });
  });

  it('numbers the records of one set of columns in their order', async () => {
    const { models } = await new BatchOperations({ table: towns, db: test.db }).batchInsert(someTowns(50), {
      returnModels: true,
    });
    expect(models.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('gives keys that an expression makes', async () => {
    const input = Array.from({ length: 20 }, (_, i) => ({ label: `ticket ${i}` }));
    const operations = new BatchOperations({ table: tickets, db: test.db });
    const { models } = await operations.batchInsert(input, { returnModels: true });
    expect(new Set(models.map(({ id }) => id)).size).toBe(20);
    expect(await operations.batchGet(models.map(({ id }) => id))).toEqual(models);
    expect(models.map(({ label }) => label)).toEqual(input.map(({ label }) => label));
  });

  it('gives keys that only a trigger knows', async () => {
    const operations = new BatchOperations({ table: coupons, db: test.db });
    const { models } = await operations.batchInsert([{ label: 'b' }, { label: 'a' }], { returnModels: true });
    expect(models).toEqual([
      { code: 'code of b', label: 'b' },
      { code: 'code of a', label: 'a' },
    ]);
  });

  it('gives the part of a key that the database makes', async () => {
    const operations = new BatchOperations({ table: lines, db: test.db });
    const { models } = await operations.batchInsert(
      [{ orderId: 7, text: 'x' }, { orderId: 5 }, { orderId: 7, line: 99n }],
      {
        returnModels: true,
      },
    );
    expect(models.map(({ orderId, text }) => [orderId, text])).toEqual([
      [7, 'x'],
      [5, null],
      [7, null],
    ]);
    expect(await operations.batchGet(models)).toEqual(models);
    expect(models[2]?.line).toBe(99n);
  });

  it('stores records that say nothing at all', async () => {
    const operations = new BatchOperations({ table: ticks, db: test.db });
    expect((await operations.batchInsert([{}, {}, {}], { returnModels: true })).models.map(({ id }) => id)).toEqual([
      1, 2, 3,
    ]);
    expect((await operations.batchInsert([{}, {}])).inserted).toBe(2);
  });

  it('gives what a trigger made of each record', async () => {
    await withTrigger(`new.name := upper(new.name); return new;`, async () => {
      const { models } = await new BatchOperations({ table: towns, db: test.db }).batchInsert(someTowns(5), {
        returnModels: true,
      });
      expect(models.map(({ name }) => name)).toEqual(someTowns(5).map(({ name }) => name.toUpperCase()));
    });
  });

  it('lines up records whose keys a trigger changes', async () => {
    await withTrigger(`new.id := 1000 - new.population; return new;`, async () => {
      const { models } = await new BatchOperations({ table: towns, db: test.db }).batchInsert(someTowns(20), {
        returnModels: true,
      });
      expect(models.map(({ id, population }) => [id, population])).toEqual(
        someTowns(20).map(({ population }) => [1000 - population, population]),
      );
    });
  });

  it('names the record that a trigger drops, and stores none', async () => {
    await withTrigger(`if new.population = 13 then return null; end if; return new;`, async () => {
      const operations = new BatchOperations({ table: towns, db: test.db });
      const failure = await operations
        .batchInsert(someTowns(40), { returnModels: true })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(BatchError);
      expect(failure).toMatchObject({ index: 13, cause: expect.any(RowSuppressedError) });
      expect(await operations.batchGet(Array.from({ length: 40 }, (_, i) => i + 1))).not.toContainEqual(
        expect.anything(),
      );
      // Without models nothing has to be lined up: the record is counted as skipped.
      expect(await operations.batchInsert(someTowns(40))).toMatchObject({ inserted: 39, skipped: 1 });
    });
  });

  it('survives a sequence that was replaced after it was first used', async () => {
    const operations = new BatchOperations({ table: ticks, db: test.db });
    await test.run('alter table tick alter id drop identity');
    await test.run('create sequence first_ticks');
    await test.run(`alter table tick alter id set default nextval('first_ticks')`);
    const other = new BatchOperations({ table: towns, db: test.db });
    await other.batchInsert(someTowns(2), { returnModels: true });
    await test.run('alter table town alter id drop identity');
    await test.run('create sequence town_ids start 500');
    await test.run(`alter table town alter id set default nextval('town_ids')`);
    const afterwards = await other.batchInsert(someTowns(2, 10), { returnModels: true });
    expect([afterwards.individually, afterwards.models[0]?.id]).toEqual([2, 500]);
    const next = await other.batchInsert(someTowns(2, 12), { returnModels: true });
    expect([next.individually, next.models[0]?.id]).toEqual([0, 502]);
    expect((await operations.batchInsert([{}, {}], { returnModels: true })).inserted).toBe(2);
  });
});
