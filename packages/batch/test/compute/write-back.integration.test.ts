import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, createTables, mapEntity, type WriteEvent } from '@uno/domain';
import { strategies } from '../engine/support/strategies.js';
import { range } from '../failure/support/load.js';
import { type Crate, crates, openYard, through, type Yard } from '../failure/support/yard.js';
import { batchErrorOf } from '../support/failure-of.js';
import { crateOperations, crateStatements, keySources, someCrates } from './support/crate-yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
});

afterAll(() => yard.close());

beforeEach(() => yard.reset(someCrates(10)));

const batchSize = 4;
const writeBack = true;

async function weights(): Promise<Record<number, number>> {
  return Object.fromEntries((await yard.rows()).map(({ id, weight }) => [id, weight]));
}

function hundreds(changes: Record<number, number> = {}): Record<number, number> {
  return { ...Object.fromEntries(range(1, 10).map((id) => [id, id * 100])), ...changes };
}

describe.each(strategies)('values that are written back under %s', (strategy) => {
  it.each(keySources)('change the rows of the keys, as %s', async (_, sourceOf) => {
    const result = await crateOperations(yard, { batchSize }).batchCompute(
      { keys: sourceOf([9, 3, 77, 5, 1, 4]) },
      async ({ id, weight }) => (id === 5 ? undefined : id === 1 ? null : { weight: weight + 1 }),
      { strategy, writeBack, outcomes: true },
    );
    expect(result).toMatchObject({ total: 6, updated: 3, unchanged: 2, skipped: 1, failed: 0, individually: 0 });
    expect(result.outcomes.map(({ index, key, status }) => [index, key, status])).toEqual([
      [0, '9', 'updated'],
      [1, '3', 'updated'],
      [2, '77', 'skipped'],
      [3, '5', 'unchanged'],
      [4, '1', 'unchanged'],
      [5, '4', 'updated'],
    ]);
    expect(result).not.toHaveProperty('results');
    expect(await weights()).toEqual(hundreds({ 9: 901, 3: 301, 4: 401 }));
  });

  it.each([true, false])('may exchange unique values, locked: %s', async (lock) => {
    await yard.reset(someCrates(4).map((crate) => ({ ...crate, label: `L${crate.id}` })));
    const result = await crateOperations(yard, { batchSize }).batchCompute(
      { keys: [1, 2, 3, 4] },
      ({ id }) => (id === 4 ? undefined : { label: `L${(id % 3) + 1}` }),
      { strategy, writeBack, lock },
    );
    expect(result).toMatchObject({ total: 4, updated: 3, unchanged: 1, individually: 0 });
    expect((await yard.rows()).map(({ label }) => label)).toEqual(['L2', 'L3', 'L1', 'L4']);
  });

  it('change the rows of a table', async () => {
    const result = await crateOperations(yard, { batchSize }).batchCompute(
      { filters: { weight: { gt: 300 } } },
      ({ weight }, { index }) => ({ weight: weight + index }),
      { strategy, writeBack },
    );
    expect(result).toMatchObject({ total: 7, updated: 6, unchanged: 1 });
    expect(await weights()).toEqual(hundreds({ 5: 501, 6: 602, 7: 703, 8: 804, 9: 905, 10: 1006 }));
  });

  it('come back too if they are asked for', async () => {
    const options = { strategy, writeBack, returnResults: true } as const;
    const compute = ({ id, weight }: Crate) => (id % 2 === 0 ? null : { weight: weight + 1 });
    const operations = crateOperations(yard, { batchSize });
    const { results } = await operations.batchCompute({ keys: [7, 2, 99, 1] }, compute, options);
    expect(results).toEqual([{ weight: 701 }, null, undefined, { weight: 101 }]);
    const ofRows = await operations.batchCompute({ filters: { id: { lt: 4 } } }, compute, options);
    expect(ofRows.results).toEqual([{ weight: 102 }, null, { weight: 301 }]);
  });

  it('send nothing where nothing changes', async () => {
    const result = await crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, (crate) => crate, {
      strategy,
      writeBack,
    });
    expect(result).toMatchObject({ total: 10, unchanged: 10, updated: 0 });
    expect(yard.statements.filter((text) => !/^select/i.test(text))).toEqual([]);
  });
});

describe('a value that is written back', () => {
  it('is a change of the fields that are different, so that an entity may be given back as it is', async () => {
    const { updated, unchanged } = await crateOperations(yard).batchCompute(
      { keys: [1, 2] },
      (crate) => {
        if (crate.id === 2) crate.note = 'heavy';
        return crate;
      },
      { writeBack },
    );
    expect([updated, unchanged]).toEqual([1, 1]);
    expect(yard.statements.at(-1)).toContain('set "note" =');
    expect(yard.statements.at(-1)).not.toContain('"weight"');
  });

  it('is written in the named fields only', async () => {
    await crateOperations(yard).batchCompute(
      { keys: [1] },
      (crate) => Object.assign(crate, { weight: 1, note: 'mine', label: 'a' }),
      { writeBack: ['note', 'label'] },
    );
    expect((await yard.rows())[0]).toMatchObject({ weight: 100, note: 'mine', label: 'a' });
  });

  it('leaves alone what is undefined, and writes null', async () => {
    await yard.run(`update crate set label = 'x' || id`);
    await crateOperations(yard).batchCompute(
      { keys: [1, 2] },
      ({ id }) => ({ label: id === 1 ? undefined : null, note: 'new' }),
      { writeBack },
    );
    expect((await yard.rows()).slice(0, 2)).toMatchObject([
      { label: 'x1', note: 'new' },
      { label: null, note: 'new' },
    ]);
  });

  it.each([
    ['a number', 5, 'is a number'],
    ['an unknown field', { wieght: 1 }, 'unknown field "wieght"'],
    ['a value of another type', { weight: 'x' }, 'weight'],
    ['null for a field that takes none', { weight: null }, 'takes no null'],
    ['another key', { id: 77, weight: 1 }, 'which keeps its key'],
  ])('is the failure of its record if it is %s', async (_, value, message) => {
    const compute = ({ id }: Crate) => (id === 6 ? (value as never) : { note: 'new' });
    const options = { writeBack, atomicity: 'all' } as const;
    const failure = await batchErrorOf(
      crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, compute, options),
    );
    expect(failure).toMatchObject({ index: 5, key: '6', cause: { code: 'UNO_VALIDATION' }, written: { size: 0 } });
    expect(failure.message).toContain(message);
    const skipped = await crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, compute, {
      ...options,
      onRecordError: 'skip',
    });
    expect(skipped).toMatchObject({ updated: 9, failed: 1, failures: [{ index: 5, key: '6' }] });
  });

  it('may have the key of its row', async () => {
    const { updated } = await crateOperations(yard).batchCompute(
      { keys: [3] },
      ({ id }) => Object.assign({ id }, { note: 'a' }) as never,
      {
        writeBack,
      },
    );
    expect(updated).toBe(1);
  });

  it('goes to a row once, however often its key comes', async () => {
    const calls: number[] = [];
    const result = await crateOperations(yard, { batchSize }).batchCompute(
      { keys: [2, 2, 3, 5, 1, 2] },
      ({ id, weight }) => {
        calls.push(id);
        return { weight: weight + 1 };
      },
      { writeBack, outcomes: true },
    );
    expect(result).toMatchObject({ total: 6, updated: 4, skipped: 2 });
    expect(result.outcomes.map(({ key, status }) => [key, status])).toEqual([
      ['2', 'updated'],
      ['2', 'skipped'],
      ['3', 'updated'],
      ['5', 'updated'],
      ['1', 'updated'],
      ['2', 'skipped'],
    ]);
    expect(calls).toEqual([2, 3, 5, 1]);
    expect((await weights())[2]).toBe(201);
  });

  it('does not cut what the entity holds less of than the row', async () => {
    class Event {
      id!: number;
      at!: Date | null;
      title!: string;
    }
    const events = mapEntity(Event, {
      table: 'event',
      columns: { id: column.integer(), at: column.timestamptz().nullable(), title: column.text() },
    });
    await createTables(yard.db, [events]);
    await yard.run(`alter table event alter at type timestamptz;
      insert into event values (1, '2024-01-02 03:04:05.678912+00', 'a'), (2, null, 'b')`);
    const operations = new BatchOperations({ table: events, db: yard.db });
    await operations.batchCompute({ filters: {} }, (event) => Object.assign(event, { title: 'c' }), { writeBack });
    const { rows } = await yard.observer.query(
      'select title, extract(microseconds from at)::int as us from event order by id',
    );
    expect(rows).toEqual([
      { title: 'c', us: 5678912 },
      { title: 'c', us: null },
    ]);
    const later = await operations.batchCompute(
      { keys: [1] },
      ({ at }) => ({ at: new Date((at?.getTime() ?? 0) + 1) }),
      {
        writeBack,
      },
    );
    expect(later.updated).toBe(1);
  });
});

describe('what is written back', () => {
  it('of keys is one transaction, with everything computed before it begins', async () => {
    const computedAt: number[] = [];
    await crateOperations(yard, { batchSize }).batchCompute(
      { keys: range(1, 10) },
      async ({ weight }) => {
        computedAt.push(yard.statements.filter((text) => text.startsWith('start transaction')).length);
        return { weight: weight + 1 };
      },
      { writeBack },
    );
    expect(computedAt).toEqual(new Array(10).fill(0));
    expect(yard.statements.filter((text) => text.startsWith('start transaction'))).toHaveLength(1);
    expect(crateStatements(yard)).toEqual(['select', 'select', 'select', 'with', 'with', 'with']);
  });

  it.each([
    ['a table', { filters: {} }, undefined],
    ['keys, if that is asked for', { keys: range(1, 10) }, 'chunk'],
  ] as const)('of %s is committed page by page, with no transaction open meanwhile', async (_, source, atomicity) => {
    const seen: number[] = [];
    await crateOperations(yard, { batchSize }).batchCompute(
      source,
      async ({ id, weight }) => {
        if (id % batchSize === 1) {
          const { rows } = await yard.observer.query('select count(*)::int as n from crate where weight % 100 = 1');
          seen.push(rows[0].n);
        }
        return { weight: weight + 1 };
      },
      { writeBack, atomicity },
    );
    expect(seen).toEqual([0, 4, 8]);
    expect(crateStatements(yard)).toEqual(['select', 'with', 'select', 'with', 'select', 'with']);
    expect(yard.statements.filter((text) => text.startsWith('start transaction'))).toEqual([]);
  });

  it.each([
    ['a table', () => ({ filters: {} })],
    ['a stream of keys', () => ({ keys: range(1, 10).values() })],
  ])('of %s is one transaction if that is asked for, which is open meanwhile', async (_, sourceOf) => {
    const compute = ({ id, weight }: Crate) => {
      if (id === 10) throw new Error('the last');
      return { weight: weight + 1 };
    };
    const options = { writeBack, atomicity: 'all' } as const;
    const failure = await batchErrorOf(crateOperations(yard, { batchSize }).batchCompute(sourceOf(), compute, options));
    expect(failure).toMatchObject({ index: 9, key: '10', written: { size: 0 } });
    expect(await weights()).toEqual(hundreds());
    expect(yard.statements.at(-1)).toBe('rollback');
    const result = await crateOperations(yard, { batchSize }).batchCompute(
      sourceOf(),
      ({ weight }) => ({ weight: weight + 1 }),
      options,
    );
    expect(result).toMatchObject({ total: 10, updated: 10 });
    expect(yard.statements.filter((text) => text.startsWith('start transaction'))).toHaveLength(2);
  });

  it.each(strategies)('in a transaction of the caller is read and written in it, under %s', async (strategy) => {
    const keys = range(1, 6);
    const sources = [() => ({ keys }), () => ({ keys: keys.values() }), () => ({ filters: { id: { lt: 7 } } })];
    for (const sourceOf of sources) {
      for (const lock of [false, true]) {
        await yard.db.transaction().execute(async (transaction) => {
          await through(transaction, 'update crate set weight = 1');
          const operations = crateOperations(yard, { batchSize: 2 }, transaction);
          const compute = ({ id, weight }: Crate) => {
            expect(weight).toBe(1);
            if (id === 6) throw new Error('the last');
            return { weight: weight + id };
          };
          const options = { writeBack, strategy, lock } as const;
          const failure = await batchErrorOf(operations.batchCompute(sourceOf(), compute, options));
          expect(failure).toMatchObject({ key: '6', written: { size: 0 } });
          const again = { filters: { id: { lt: 6 } } };
          expect(await operations.batchCompute(again, compute, options)).toMatchObject({ total: 5, updated: 5 });
        });
        expect(await weights()).toEqual({ 1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 1, 7: 1, 8: 1, 9: 1, 10: 1 });
      }
    }
  });

  it('counts rows that are gone by then as skipped', async () => {
    const result = await crateOperations(yard).batchCompute(
      { keys: [1, 2, 3] },
      async ({ id }) => {
        if (id === 2) await yard.run('delete from crate where id = 3');
        return { note: 'new' };
      },
      { writeBack, outcomes: true, concurrency: 1 },
    );
    expect(result).toMatchObject({ updated: 2, skipped: 1 });
    expect(result.outcomes[2]).toMatchObject({ key: '3', status: 'skipped' });
  });

  it('is told to observers and to postProcess', async () => {
    const events: WriteEvent[] = [];
    const told: string[] = [];
    const operations = new BatchOperations({
      table: crates,
      db: yard.db,
      observers: [{ written: (event) => void events.push(event) }],
      config: {
        batchSize,
        preProcess: () => {
          throw new Error('of records that callers give');
        },
        postProcess: ({ key, status }) => void told.push(`${key} ${status}`),
      },
    });
    await operations.batchCompute({ filters: { id: { lt: 4 } } }, ({ id }) => (id === 2 ? null : { note: 'new' }), {
      writeBack,
    });
    expect(events).toMatchObject([{ table: 'crate', keys: ['1', '3'], kind: 'update', outcome: 'committed' }]);
    expect(told.toSorted()).toEqual(['1 updated', '2 unchanged', '3 updated']);
  });

  it('is counted in the metrics', async () => {
    const operations = crateOperations(yard, { batchSize });
    await operations.batchCompute({ filters: {} }, ({ id }) => (id > 8 ? null : { note: 'new' }), { writeBack });
    expect(operations.getMetrics().operations['batchCompute']).toMatchObject({
      calls: 1,
      recordsTotal: 10,
      recordsSuccessful: 10,
      statements: 5,
      chunks: 3,
    });
  });

  it.each([false, true])('goes one by one where the set-based statement is refused, with lock: %s', async (lock) => {
    await yard.run(`create function only_one() returns trigger language plpgsql as $$ begin
        if current_query() ~ 'unnest' then raise exception 'no sets here' using errcode = '42883'; end if;
        return null;
      end $$;
      create trigger only_one before update on crate for each statement execute function only_one()`);
    const calls: number[] = [];
    try {
      const logger = { info: () => undefined, warn: () => undefined };
      const result = await crateOperations(yard, { batchSize, logger }).batchCompute(
        { keys: [1, 2, 3, 99] },
        ({ id, weight }) => {
          calls.push(id);
          return id === 2 ? null : { weight: weight + 1 };
        },
        { writeBack, lock, outcomes: true },
      );
      expect(result).toMatchObject({ total: 4, updated: 2, unchanged: 1, skipped: 1, individually: 4 });
      expect(result.outcomes.map(({ status }) => status)).toEqual(['updated', 'unchanged', 'updated', 'skipped']);
    } finally {
      await yard.run('drop function only_one cascade');
    }
    expect(calls).toEqual([1, 2, 3]);
    expect(await weights()).toEqual(hundreds({ 1: 101, 3: 301 }));
  });
});
