import { describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelled, labelledRow } from './support/kind-of-table.js';
import { openTable } from './support/open-table.js';

class Sale {
  id!: number;
  region!: string;
  label!: string;
  amount!: number;
}

const sales = mapEntity(Sale, {
  table: 'sale',
  key: ['id', 'region'],
  columns: { id: column.integer(), region: column.text(), label: column.text(), amount: column.integer() },
});
const regions = ['eu', 'us', 'elsewhere'];
const sale = (number: number, version: number) => ({
  id: number,
  region: regions[number % 3] ?? 'eu',
  ...labelled(number, version),
});

behavesAsTable('a table partitioned by list, with a subpartitioned default', {
  mapping: sales,
  make: [
    `create table sale (id integer, region text, label text not null, amount integer not null check (amount >= 0),
      primary key (id, region)) partition by list (region)`,
    // Other columns in another order than those of the whole.
    `create table sale_eu (amount integer not null constraint sale_amount_check check (amount >= 0), label text not null, gone integer, region text not null, id integer not null)`,
    'alter table sale_eu drop column gone',
    `alter table sale attach partition sale_eu for values in ('eu')`,
    `create table sale_us partition of sale for values in ('us')`,
    'create table sale_rest partition of sale default partition by range (id)',
    'create table sale_rest_low partition of sale_rest for values from (minvalue) to (12)',
    'create table sale_rest_high partition of sale_rest for values from (12) to (maxvalue)',
  ],
  empty: 'truncate sale',
  shown: 'select label, amount, tableoid::regclass from sale order by label',
  record: sale,
  row: (number, version) => {
    const part = ['sale_eu', 'sale_us', number < 12 ? 'sale_rest_low' : 'sale_rest_high'][number % 3] ?? '';
    return [...labelledRow(number, version), part];
  },
  patch: (key, number, version) => ({ ...key, amount: amountFor(number, version) }),
  keyOf: ({ id, region }) => ({ id, region }),
  labelOf: ({ label }) => label,
  absent: { id: 0, region: 'us' },
  upsertBy: {},
  bad: { record: { ...sale(13, 0), amount: -1 }, sqlstate: '23514' },
});

class Amount {
  id!: number;
  amount!: number;
}

class Reading {
  id!: number;
  label!: string;
  amount!: number;
}

behavesAsTable('a table partitioned by range, whose keys a sequence makes, and that has no place for some records', {
  mapping: mapEntity(Reading, {
    table: 'reading',
    columns: { id: column.integer().generated(), label: column.text(), amount: column.integer() },
  }),
  make: [
    'create sequence reading_ids',
    `create table reading (id integer default nextval('reading_ids') not null, label text not null, amount integer not null check (amount >= 0), primary key (id)) partition by range (id)`,
    'create table reading_low partition of reading for values from (0) to (20)',
    'create table reading_high partition of reading for values from (20) to (1000000)',
  ],
  empty: 'truncate reading',
  shown: 'select label, amount from reading order by label',
  record: labelled,
  toUpsert: (number, version) => ({ id: number, ...labelled(number, version) }),
  row: labelledRow,
  patch: (id, number, version) => ({ id, amount: amountFor(number, version) }),
  keyOf: ({ id }) => id,
  labelOf: ({ label }) => label,
  absent: 999_999,
  upsertBy: {},
  bad: { record: { id: 1_000_000, ...labelled(13, 0) }, sqlstate: '23514' },
});

describe('a row of a partitioned table that is gone', () => {
  it('is new again, though the last upsert of the transaction updated it', async () => {
    const table = await openTable([
      'create table reading (id integer primary key, amount integer not null) partition by range (id)',
      'create table all_readings partition of reading default',
      'insert into reading values (1, 0), (2, 0)',
    ]);
    const mapping = mapEntity(Amount, {
      table: 'reading',
      columns: { id: column.integer(), amount: column.integer() },
    });
    try {
      const statuses = await table.db.transaction().execute(async (db) => {
        const operations = new BatchOperations({ table: mapping, db });
        const first = await operations.batchUpsert([{ id: 1, amount: 1 }], { outcomes: true });
        await operations.batchDelete([1]);
        const second = await operations.batchUpsert(
          [
            { id: 1, amount: 2 },
            { id: 2, amount: 2 },
          ],
          { outcomes: true },
        );
        return [...first.outcomes, ...second.outcomes].map(({ status }) => status);
      });
      expect(statuses).toEqual(['updated', 'inserted', 'updated']);
    } finally {
      await table.close();
    }
  });
});
