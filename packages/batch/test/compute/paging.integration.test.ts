import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { type AnyMapping, column, mapEntity } from '@uno/domain';
import { executeText } from '@uno/postgres';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';
import { moments, Price, prices, scanned, shelves, Word, words } from './support/scanned-tables.js';

let context: TestContext;

beforeAll(async () => {
  context = await openTestContext([...scanned, towns]);
});

afterAll(() => context.close());

function operationsOf<M extends AnyMapping>(table: M, batchSize = 3): BatchOperations<M> {
  return new BatchOperations({ table, db: context.db, config: { batchSize } });
}

async function textFrom(text: string): Promise<string> {
  const { rows } = await executeText(context.db, { sql: text });
  return rows[0]?.[0] ?? '';
}

/** Statements that read pages. */
function pages(): string[] {
  return context.statements.filter((text) => text.startsWith('select "'));
}

describe('a table', () => {
  it.each([0, 1, 2, 3, 4, 6, 7])('of %d rows is read in pages of 3, each row once', async (count) => {
    await context.run('truncate town restart identity');
    if (count > 0) await operationsOf(towns).batchInsert(someTowns(count));
    context.statements.length = 0;
    const { results, total } = await operationsOf(towns).batchCompute({ filters: {} }, ({ id }) => id);
    expect(results).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(total).toBe(count);
    // After a full page there may be more.
    expect(pages()).toHaveLength(Math.floor(count / 3) + 1);
  });

  it('costs one statement a page, of the same text but for the first', async () => {
    await context.run('truncate town restart identity');
    await operationsOf(towns, 1000).batchInsert(someTowns(1000));
    context.statements.length = 0;
    const result = await operationsOf(towns, 100).batchCompute(
      { filters: { population: { gte: 500 } } },
      ({ population }) => ({ population: (population ?? 0) + 1 }),
      { writeBack: true },
    );
    expect(result).toMatchObject({ total: 500, updated: 500 });
    expect(pages()).toHaveLength(6);
    expect(new Set(pages()).size).toBe(2);
    expect(context.statements).toHaveLength(11);
  });

  it('with a composite key under odd names is read in the order of that key', async () => {
    const rows = ['b', 'a', 'B', 'é'].flatMap((hall) =>
      [2, -1, 10].map((row) => ({ hall, row, note: `${hall}${row}` })),
    );
    await operationsOf(shelves).batchInsert(rows);
    for (const batchSize of [1, 2, 3, 5, 12, 13]) {
      const { results } = await operationsOf(shelves, batchSize).batchCompute({ filters: {} }, ({ note }) => note);
      expect(results).toHaveLength(12);
      const byKey = `select string_agg(note, ',' order by "Hall; --", "select") from "Odd schema"."order ""by"""`;
      expect(results.join()).toBe(await textFrom(byKey));
    }
    const some = { filters: { row: { lt: 5 }, or: [{ hall: 'a' }, { hall: 'b' }] } } as const;
    const { results } = await operationsOf(shelves, 1).batchCompute(some, ({ note }) => note);
    expect(results).toEqual(['a-1', 'a2', 'b-1', 'b2']);
    const renamed = await operationsOf(shelves, 2).batchCompute(some, ({ note }) => ({ note: `${note}!` }), {
      writeBack: true,
      lock: true,
    });
    expect(renamed).toMatchObject({ total: 4, updated: 4 });
    const keys = [
      { hall: 'b', row: 2 },
      { hall: 'c', row: 2 },
      { hall: 'a', row: -1 },
    ];
    expect((await operationsOf(shelves, 2).batchCompute({ keys }, ({ note }) => note)).results).toEqual([
      'b2!',
      undefined,
      'a-1!',
    ]);
  });

  it.each([
    ['of bytes', 'collate "C"'],
    ['of numbers in words', `collate numbers`],
    ['that takes lower case first', `collate lower_first`],
    ['that tells no cases apart', `collate no_case`],
  ])('with keys of text under a collation %s loses no row', async (_, collation) => {
    await context.run(`
      drop collation if exists numbers, lower_first, no_case cascade;
      create collation numbers (provider = icu, locale = 'en-u-kn-true');
      create collation lower_first (provider = icu, locale = 'en-u-kf-lower');
      create collation no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      drop table word; create table word (word text ${collation} primary key)`);
    const all = [
      'a10',
      'a9',
      'A1',
      'b',
      'Ä',
      'ä2',
      'a-b',
      'ab',
      'a b',
      '',
      ' ',
      'ß',
      'ss',
      'z',
      '😀',
      'ab2',
      'ı',
      'I',
      '\\',
      "'",
    ];
    await operationsOf(words).batchInsert(all.map((word) => ({ word })));
    const ordered = await textFrom(`select json_agg(word order by word)::text from word`);
    for (const batchSize of [1, 2, 7, 20]) {
      const { results } = await operationsOf(words, batchSize).batchCompute({ filters: {} }, ({ word }) => word);
      expect(results).toEqual(JSON.parse(ordered));
    }
  });

  it('with keys of several spellings goes on where it was, and is found by all of them', async () => {
    await context.run(`insert into price values ('0.001'), ('0.0049'), ('1.0'), ('-7'), ('NaN'), ('1e5')`);
    const written = await operationsOf(prices, 1).batchCompute(
      { filters: {} },
      ({ amount }) => ({ tag: `<${amount}>` }),
      { writeBack: true, outcomes: true },
    );
    expect(written).toMatchObject({ total: 6, updated: 6 });
    expect(written.outcomes.map(({ key }) => key)).toEqual(['-7', '0.001', '0.0049', '1.0', '100000', 'NaN']);
    const found = await operationsOf(prices).batchCompute({ keys: ['1', '1.00', '100000.0', '2'] }, ({ tag }) => tag);
    expect(found.results).toEqual(['<1.0>', '<1.0>', '<100000>', undefined]);
  });

  it('with keys that are finer than its mapping says does not go back', async () => {
    const rounded = mapEntity(Price, {
      table: 'price',
      key: 'amount',
      columns: { amount: column.numeric(6, 2), tag: column.text().nullable() },
    });
    const { results } = await operationsOf(rounded, 1).batchCompute({ filters: {} }, ({ amount }) => amount);
    expect(results).toEqual(['-7', '0.001', '0.0049', '1.0', '100000', 'NaN']);
  });

  it('with keys of other types goes on where it was', async () => {
    const ratios = [0.1, 1 / 3, 5e-324, Number.POSITIVE_INFINITY, Number.NaN, -1.5];
    const ats = [
      'infinity',
      '-infinity',
      '2024-03-31 00:30:00.000001+00',
      '2024-10-27 00:30:00.123456+00',
      '0044-03-15 00:00:00+00 BC',
    ];
    const rows = ratios.flatMap((ratio) =>
      ats.map((at, i) => ({
        ratio,
        at,
        code: ['', 'a', ' b', 'cde', '😀'][i] ?? '',
        day: ['infinity', '0044-03-15 BC', '2024-02-29', '-infinity', '1999-12-31'][i] ?? '',
        id: `123e4567-e89b-12d3-a456-42661417400${i}`,
      })),
    );
    await operationsOf(moments).batchInsert(rows);
    for (const batchSize of [1, 4, 30]) {
      const { results } = await operationsOf(moments, batchSize).batchCompute(
        { filters: {} },
        ({ ratio, at }) => `${ratio} ${at}`,
      );
      expect(results).toHaveLength(30);
      expect(new Set(results).size).toBe(30);
    }
  });

  it('whose key is NULL somewhere is refused rather than cut off', async () => {
    class Loose extends Word {}
    await context.run(`create view loose as select nullif(word, 'z') as word from word`);
    const loose = mapEntity(Loose, { table: 'loose', key: 'word', columns: { word: column.text() } });
    const failure = operationsOf(loose, 50).batchCompute({ filters: {} }, ({ word }) => word, {
      onRecordError: 'skip',
    });
    await expect(failure).rejects.toMatchObject({
      code: 'UNO_CONFIG',
      message: expect.stringContaining('word is NULL'),
    });
  });
});

describe('rows that somebody else puts in or moves while a table is read', () => {
  it('are met if they are ahead, and passed over if they are behind', async () => {
    await context.run('truncate town restart identity');
    await operationsOf(towns).batchInsert(someTowns(9).map((town, i) => ({ ...town, id: i * 10 + 10 })));
    const seen: number[] = [];
    await operationsOf(towns, 3).batchCompute({ filters: {} }, async ({ id }) => {
      seen.push(id);
      if (id === 50) {
        await context.run(`insert into town (id, name, country) values (15, 'behind', 'XX'), (75, 'ahead', 'XX')`);
        await context.run('delete from town where id = 80');
      }
    });
    expect(seen).toEqual([10, 20, 30, 40, 50, 60, 70, 75, 90]);
  });
});

describe('a filter', () => {
  it.each([
    ['a field that there is not', { naem: 'x' }, 'UNO_CONFIG'],
    ['undefined', { name: undefined }, 'UNO_VALIDATION'],
    ['a value of another type', { id: 'x' }, 'UNO_VALIDATION'],
  ])('that names %s is refused before anything is sent', async (_, filters, code) => {
    context.statements.length = 0;
    const call = operationsOf(towns).batchCompute({ filters: filters as never }, () => 1);
    await expect(call).rejects.toMatchObject({ code });
    expect(context.statements).toEqual([]);
  });
});
