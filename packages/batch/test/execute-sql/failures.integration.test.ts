import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, type BatchExecuteSqlOptions, BatchOperations, type SqlParameter } from '@uno/batch';
import { CallbackError } from '@uno/domain';
import { ConfigError, StatementError, ValidationError } from '@uno/postgres';
import { withoutMoves } from '../support/record-statements.js';
import { strategies } from '../engine/support/strategies.js';
import { range } from '../failure/support/load.js';
import { countOf, crates, openYard, type Yard } from '../failure/support/yard.js';
import { batchErrorOf, failureOf } from '../support/failure-of.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
  // A sequence is not rolled back: it counts every set that PostgreSQL has done.
  await yard.run('create sequence tries');
});
afterAll(() => yard.close());
beforeEach(async () => {
  await yard.reset();
  await yard.run('alter sequence tries restart');
});

const insert = "insert into crate (id, weight) values ($1, $2 + 0 * nextval('tries'))";
const inTurn = ['single_query', 'chunked', 'pipelined', 'optimistic'] as const;

function operationsOf(config: BatchConfig = {}) {
  return new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 10, ...config } });
}

/** Sets of which those at the given positions weigh 13, which the table refuses. */
function setsOf(count: number, bad: readonly number[] = []): [number, number][] {
  return range(1, count).map((id) => [id, bad.includes(id - 1) ? 13 : 1]);
}

async function tries(): Promise<number> {
  const { rows } = await yard.observer.query('select last_value as n from tries');
  return Number(rows[0]?.n);
}

/** What was sent but for settings of new connections, and for savepoints that are moved in flight. */
function sent(): string[] {
  return withoutMoves(yard.statements).filter((text) => !text.startsWith('select set_config'));
}

describe('a set that fails', () => {
  const places = [0, 14, 29].flatMap((at) => inTurn.map((strategy) => [at, strategy] as const));

  it.each(places)('is named, and nothing is written: %i (%s)', async (at, strategy) => {
    const error = await batchErrorOf(operationsOf().batchExecuteSql(insert, setsOf(30, [at, 29]), { strategy }));
    expect(error).toMatchObject({ operation: 'batchExecuteSql', total: 30, index: at, key: undefined });
    expect(error).toMatchObject({ sqlstate: '23514', constraint: 'unlucky', retry: 'never' });
    expect(error.message).toContain(`nothing was written: record ${at}.`);
    expect(await countOf(yard)).toBe(0);
  });

  it.each(inTurn)('is found without a further statement (%s)', async (strategy) => {
    await failureOf(operationsOf().batchExecuteSql(insert, setsOf(30, [14]), { strategy }));
    // PostgreSQL has done what is before it once, and nothing that is behind it.
    expect(await tries()).toBe(15);
    // Two chunks, and the third may have been on its way.
    const most = strategy === 'chunked' || strategy === 'pipelined' ? 3 : 1;
    expect(sent().filter((text) => text.includes('insert')).length).toBeLessThanOrEqual(most);
  });

  it.each(['chunked', 'parallel', 'pipelined'] as const)(
    'leaves the chunks that are committed (%s)',
    async (strategy) => {
      const error = await batchErrorOf(
        operationsOf({ maxWorkers: 1 }).batchExecuteSql(insert, setsOf(30, [14]), { strategy, atomicity: 'chunk' }),
      );
      expect([error.index, error.written.toString()]).toEqual([14, '0-9']);
      expect(await countOf(yard)).toBe(10);
    },
  );

  it('has the key that the caller gives it', async () => {
    const keyOf = ([id]: readonly SqlParameter[]) => `crate ${id}`;
    const sets = [...setsOf(20, [4]), [99, 'heavy']] as const;
    const error = await batchErrorOf(operationsOf().batchExecuteSql(insert, setsOf(20, [4]), { keyOf }));
    expect(error).toMatchObject({ index: 4, key: 'crate 5' });
    const { failures } = await operationsOf().batchExecuteSql(insert, sets, { keyOf, onRecordError: 'skip' });
    expect(failures.map(({ index, key, error: { code } }) => [index, key, code])).toEqual([
      [4, 'crate 5', 'UNO_CONSTRAINT'],
      [20, 'crate 99', 'UNO_VALIDATION'],
    ]);
  });

  it('in a transaction of the caller’s leaves it as it was before the call', async () => {
    await yard.db.transaction().execute(async (db) => {
      const operations = new BatchOperations({ table: crates, db, config: { batchSize: 10 } });
      await operations.batchExecuteSql(insert, setsOf(5));
      const error = await batchErrorOf(
        operations.batchExecuteSql(
          insert,
          setsOf(30, [25]).map(([id, w]) => [id + 5, w]),
        ),
      );
      expect(error.index).toBe(25);
      await operations.batchExecuteSql(insert, [[100, 1]]);
    });
    expect((await yard.rows()).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 100]);
  });
});

describe('sets that are left out', () => {
  const bad = [0, 3, 4, 9, 10, 25, 29];

  it.each(strategies)('are listed, and all others are done (%s)', async (strategy) => {
    const heard: unknown[] = [];
    const operations = operationsOf({ onError: (error, record) => heard.push([error.code, record?.index]) });
    const { results, ...totals } = await operations.batchExecuteSql<{ id: number }>(
      `${insert} returning id`,
      setsOf(30, bad),
      { strategy, onRecordError: 'skip' },
    );
    expect(totals).toMatchObject({ total: 30, succeeded: 23, failed: 7, affected: 23 });
    expect(totals.failures.map(({ index, error }) => [index, error.code])).toEqual(
      bad.map((i) => [i, 'UNO_CONSTRAINT']),
    );
    expect(results.map((result) => result?.rows[0]?.id)).toEqual(
      range(0, 29).map((i) => (bad.includes(i) ? undefined : i + 1)),
    );
    expect(heard).toHaveLength(7);
    expect((await yard.rows()).map(({ id }) => id)).toEqual(range(1, 30).filter((id) => !bad.includes(id - 1)));
  });

  it('may be all of them, or all but one', async () => {
    const all = await operationsOf().batchExecuteSql(insert, setsOf(12, range(0, 11)), { onRecordError: 'skip' });
    expect(all).toMatchObject({ total: 12, succeeded: 0, failed: 12, affected: 0 });
    const allButOne = await operationsOf().batchExecuteSql(insert, setsOf(12, range(1, 11)), { onRecordError: 'skip' });
    expect(allButOne).toMatchObject({ total: 12, succeeded: 1, failed: 11, affected: 1 });
    expect(await countOf(yard)).toBe(1);
  });

  it('are those that fail in the order of the sets', async () => {
    // The second one of an id fails, not the first, although both are wrong only because of the other.
    const sets = [1, 2, 1, 3, 2, 2].map((id) => [id, 1]);
    const { failures } = await operationsOf().batchExecuteSql(insert, sets, { onRecordError: 'skip' });
    expect(failures.map(({ index }) => index)).toEqual([2, 4, 5]);
  });

  const costs = [1, 2, 5].flatMap((k) =>
    (['spread', 'adjacent'] as const).flatMap((way) =>
      (['chunked', 'single_query'] as const).map((strategy) => [k, way, strategy] as const),
    ),
  );

  it.each(costs)(
    'cost four round trips each, and all sets are done twice at most (%i, %s, %s)',
    async (k, way, strategy) => {
      const positions = range(1, k).map((i) => (way === 'spread' ? Math.floor((100 * i) / (k + 1)) : 50 + i));
      const { failures } = await operationsOf({ batchSize: 100 }).batchExecuteSql(insert, setsOf(200, positions), {
        strategy,
        onRecordError: 'skip',
      });
      expect(failures.map(({ index }) => index)).toEqual(positions);
      expect(await countOf(yard)).toBe(200 - k);
      // BEGIN, COMMIT, and the chunks; by itself, all are sent once in vain.
      const usual = strategy === 'chunked' ? 4 : 3;
      // One of the four is what was sent ahead behind the one that failed.
      expect(sent().length).toBeLessThanOrEqual(usual + 4 * k);
      expect(await tries()).toBeLessThanOrEqual(2 * 200 + k);
    },
  );

  it('are only so many', async () => {
    const options = { onRecordError: 'skip', maxFailures: 2 } as const;
    const error = await batchErrorOf(operationsOf().batchExecuteSql(insert, setsOf(30, [3, 14, 15]), options));
    expect([error.index, error.failures.map(({ index }) => index)]).toEqual([15, [3, 14, 15]]);
    expect(await countOf(yard)).toBe(0);
    expect(await operationsOf().batchExecuteSql(insert, setsOf(30, [3, 14]), options)).toMatchObject({ failed: 2 });
  });
});

describe('a set that cannot be sent', () => {
  const wrong: [string, unknown, string][] = [
    ['no list', { id: 1 }, 'A set of parameters is an array, not an object.'],
    ['a text', '12', 'A set of parameters is an array, not a string.'],
    ['too short', [7], 'The statement takes 2 parameters, and the set has 1.'],
    ['too long', [7, 1, null], 'The statement takes 2 parameters, and the set has 3.'],
    ['with undefined', [7, undefined], 'Parameter $2 is undefined: say null for NULL.'],
    ['with an invalid date', [7, new Date(Number.NaN)], 'Parameter $2 is or has an invalid date.'],
    ['with U+0000', ['\0', 1], 'Parameter $1 has the character U+0000, which PostgreSQL cannot hold.'],
  ];

  it.each(
    wrong.flatMap(([what, set, message]) => strategies.map((strategy) => [what, strategy, set, message] as const)),
  )('is named before anything is sent: %s (%s)', async (_, strategy, set, message) => {
    const sets = [...setsOf(8), set] as [number, number][];
    const error = await batchErrorOf(operationsOf().batchExecuteSql(insert, sets, { strategy }));
    expect([error.index, error.cause]).toEqual([8, expect.any(ValidationError)]);
    expect(error.cause.message).toBe(message);
    expect(sent().filter((text) => text.includes('insert'))).toEqual([]);
  });

  it.each(strategies)('is left out without a statement (%s)', async (strategy) => {
    const sets = [...wrong.map(([, set]) => set), ...setsOf(20)] as [number, number][];
    const { failures, succeeded } = await operationsOf().batchExecuteSql(insert, sets, {
      strategy,
      onRecordError: 'skip',
    });
    expect(failures.map(({ error }) => error.message)).toEqual(wrong.map(([, , message]) => message));
    expect([succeeded, await countOf(yard), await tries()]).toEqual([20, 20, 20]);
  });

  it('is not one where the name that the caller gives it cannot be had', async () => {
    const keyOf = () => {
      throw new Error('of the caller');
    };
    const error = await failureOf(operationsOf().batchExecuteSql(insert, setsOf(3), { keyOf }));
    expect(error).toBeInstanceOf(CallbackError);
    expect(error).toMatchObject({ callback: 'keyOf' });
  });
});

describe('a value that the server refuses', () => {
  it('is named with its set', async () => {
    const sets = [...setsOf(25), ['seven', 1]] as const;
    const error = await batchErrorOf(operationsOf().batchExecuteSql(insert, sets));
    expect(error).toMatchObject({ index: 25, sqlstate: '22P02', cause: { code: 'UNO_VALIDATION' } });
  });
});

describe('a statement that is good enough for the sets before', () => {
  it.each([3, 10, 25])('is one set’s fault when it is refused for that, and ends the call: %i', async (at) => {
    await yard.run(`create or replace function look_into(name text) returns void language plpgsql as
      $$ begin execute 'select * from ' || quote_ident(name); end $$`);
    const sets = range(0, 29).map((i) => [i === at ? 'nowhere' : 'crate']);
    for (const onRecordError of ['abort', 'skip'] as const) {
      const call = operationsOf().batchExecuteSql('select look_into($1)', sets, { onRecordError });
      expect(await batchErrorOf(call)).toMatchObject({
        index: at,
        sqlstate: '42P01',
        cause: { code: 'UNO_STATEMENT' },
      });
    }
  });
});

describe('a constraint that is checked at the end', () => {
  beforeEach(() => yard.run('create table late (id integer, twice integer unique deferrable initially deferred)'));
  afterEach(() => yard.run('drop table late'));
  const late = 'insert into late values ($1, $2)';

  it.each(['single_query', 'chunked', 'pipelined', 'parallel'] as const)(
    'names the set that breaks it (%s)',
    async (strategy) => {
      for (const batchSize of [10, 100]) {
        const sets = range(0, 29).map((id) => [id, id === 25 ? 23 : id]);
        const error = await batchErrorOf(
          operationsOf({ batchSize, maxWorkers: 1 }).batchExecuteSql(late, sets, { strategy }),
        );
        expect([error.index, error.constraint]).toEqual([25, 'late_twice_key']);
        await yard.run('truncate late');
      }
    },
  );

  it('leaves out the sets that break it', async () => {
    const sets = range(0, 29).map((id) => [id, id === 5 || id === 25 ? 3 : id]);
    for (const batchSize of [10, 100]) {
      const options = { onRecordError: 'skip' } as const;
      const { failures } = await operationsOf({ batchSize }).batchExecuteSql(late, sets, options);
      expect(failures.map(({ index }) => index)).toEqual([5, 25]);
      await yard.run('truncate late');
    }
  });
});

describe('a statement', () => {
  it.each([
    ['is not SQL', 'selec $1, $2', '42601'],
    ['is of a table that is not there', 'insert into nowhere values ($1, $2)', '42P01'],
    ['is two', 'select $1::int; select $2::int', '42601'],
    ['does not say of what type a parameter is', 'select $2::int', '42P18'],
  ])('that PostgreSQL does not take is no set’s fault: it %s', async (_, text, sqlstate) => {
    for (const onRecordError of ['abort', 'skip'] as const) {
      const error = await failureOf(operationsOf().batchExecuteSql(text, setsOf(30), { onRecordError }));
      expect(error).toBeInstanceOf(StatementError);
      expect(error).toMatchObject({ sqlstate });
    }
    // The second chunk may have been sent ahead.
    expect(sent().filter((one) => one.includes(text)).length).toBeLessThanOrEqual(2 * 2);
  });

  it.each([
    'begin',
    'start transaction',
    'COMMIT',
    ' end',
    'rollback',
    '/* */ abort',
    'savepoint a',
    'release a',
    "prepare transaction 'a'",
    'copy crate from stdin',
    '',
    '-- nothing',
    7,
    null,
  ])('that would end the transaction, or is none, is refused: %s', async (text) => {
    const error = await failureOf(operationsOf().batchExecuteSql(text as string, [[]]));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain('batchExecuteSql');
    expect(sent()).toEqual([]);
  });

  it('that calls a procedure cannot commit a part', async () => {
    await yard.run(`create or replace procedure store(id int, weight int) language plpgsql as $$ begin
      insert into crate (id, weight) values (id, weight); commit; end $$`);
    const error = await failureOf(operationsOf().batchExecuteSql('call store($1, $2)', setsOf(5, [3])));
    expect(error).toMatchObject({ sqlstate: '2D000' });
    expect(await countOf(yard)).toBe(0);
  });

  it('that must not be in a transaction can be done for one set', async () => {
    const { total } = await operationsOf().batchExecuteSql('vacuum crate', [[]]);
    expect(total).toBe(1);
  });
});

describe('options', () => {
  it.each([
    [{ writes: false, tables: [crates] }, 'writes: false'],
    [{ writes: false, kind: 'update' }, 'writes: false'],
    [{ kind: 'truncate' }, 'kind takes one of insert, update, upsert, delete'],
    [{ tables: ['crate'] }, 'tables takes a list of mappings'],
    [{ keyOf: 'id' }, 'keyOf takes a function'],
    [{ outcomes: true }, 'no option "outcomes"'],
    [{ maxFailures: 3 }, 'maxFailures'],
    [{ strategy: 'parallel', atomicity: 'all' }, 'atomicity'],
  ])('that are wrong are refused: %o', async (options, message) => {
    const error = await failureOf(
      operationsOf().batchExecuteSql(insert, [], options as BatchExecuteSqlOptions & { returnRows?: true }),
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(message);
  });
});
