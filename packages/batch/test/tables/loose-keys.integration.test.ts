import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { checkMappings, column, mapEntity, UnoContext, UnoDBRepository } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelled, labelledRow } from './support/kind-of-table.js';
import { type OpenTable, openTable } from './support/open-table.js';

class Word {
  key!: string;
  label!: string;
  amount!: number;
}
const words = mapEntity(Word, {
  table: 'word',
  key: 'key',
  columns: { key: column.text({ nondeterministic: 'loose' }), label: column.text(), amount: column.integer() },
});

/** Texts that differ in case alone are equal. */
const collation = `create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`;
const make = [
  collation,
  `create table word (key text collate loose primary key, label text collate loose not null,
    amount integer not null check (amount >= 0))`,
];
const record = (number: number, version: number) => ({
  key: version === 0 ? `key ${number}` : `KEY ${number}`,
  ...labelled(number, version),
});

behavesAsTable('a table whose keys are equal where their case differs', {
  mapping: words,
  make,
  empty: 'truncate word',
  shown: 'select label, amount from word order by label',
  record,
  row: labelledRow,
  patch: (key, number, version) => ({ key: key.toUpperCase(), amount: amountFor(number, version) }),
  keyOf: ({ key }) => key,
  labelOf: ({ label }) => label,
  absent: 'no key',
  upsertBy: { updateColumns: ['amount'] },
  bad: { record: { ...record(13, 0), amount: -1 }, sqlstate: '23514' },
});

describe('keys of other text that are equal', () => {
  let table: OpenTable;
  let operations: BatchOperations<typeof words>;

  beforeAll(async () => {
    table = await openTable(make);
    operations = new BatchOperations({ table: words, db: table.db });
  });
  afterAll(() => table.close());
  beforeEach(async () => {
    await table.run('truncate word');
    await table.run(`insert into word values ('Bern', 'Bern', 1), ('Lyon', 'Lyon', 2)`);
  });

  const shown = () => table.run('select key, label, amount from word order by key');

  it('fit the mapping that says so', async () => {
    await checkMappings(table.db, [words]);
  });

  it('find their row, each of them', async () => {
    const found = await operations.batchGet(['bern', 'LYON', 'BERN', 'Basel']);
    expect(found.map((word) => word?.key)).toEqual(['Bern', 'Lyon', 'Bern', undefined]);
  });

  it('are updated one after the other where they come in one call', async () => {
    const patches = ['bern', 'LYON', 'BERN'].map((key, amount) => ({ key, amount: 10 + amount }));
    expect(await operations.batchUpdate(patches)).toMatchObject({ total: 3, updated: 3 });
    expect(await shown()).toEqual([
      ['Bern', 'Bern', '12'],
      ['Lyon', 'Lyon', '11'],
    ]);
  });

  it('are made one by an upsert, and deleted once', async () => {
    const records = ['paris', 'PARIS'].map((key, amount) => ({ key, label: key, amount }));
    expect(await operations.batchUpsert(records)).toMatchObject({ total: 2, inserted: 1, skipped: 1 });
    const { outcomes } = await operations.batchDelete(['Paris', 'pARIS'], { outcomes: true });
    expect(outcomes.map(({ status }) => status)).toEqual(['deleted', 'skipped']);
  });

  it('mean the same row to a repository that works record by record', async () => {
    const repository = new UnoDBRepository(new UnoContext({ db: table.db }), words);
    expect(await repository.batchUpdate([{ key: 'BERN', amount: 7 }])).toBe(1);
    expect(await repository.get('bern')).toMatchObject({ key: 'Bern', amount: 7 });
  });

  it('are another spelling, which an upsert writes', async () => {
    const result = await operations.batchUpsert([{ key: 'bern', label: 'BERN', amount: 1 }]);
    expect(result).toMatchObject({ updated: 1, unchanged: 0 });
    expect(await shown()).toMatchObject([{ 1: 'BERN' }, {}]);
  });
});
