import { createHash } from 'node:crypto';
import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelled, labelledRow } from './support/kind-of-table.js';

class Parcel {
  id!: string;
  label!: string;
  amount!: number;
}

/** Keys that the application makes, in no order. */
const idOf = (number: number) => {
  const digest = createHash('md5').update(String(number)).digest('hex');
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};
const record = (number: number, version: number) => ({ id: idOf(number), ...labelled(number, version) });
const common = {
  empty: 'truncate parcel',
  shown: 'select label, amount, id from parcel order by label',
  record,
  row: (number: number, version: number) => [...labelledRow(number, version), idOf(number)],
  patch: (id: string, number: number, version: number) => ({ id, amount: amountFor(number, version) }),
  keyOf: ({ id }: Parcel) => id,
  labelOf: ({ label }: Parcel) => label,
  absent: idOf(-1),
  upsertBy: {},
  bad: { record: { ...record(13, 0), amount: -1 }, sqlstate: '23514' },
};

behavesAsTable('a uuid that the application makes', {
  ...common,
  mapping: mapEntity(Parcel, {
    table: 'parcel',
    columns: { id: column.uuid(), label: column.text(), amount: column.integer() },
  }),
  make: [`create table parcel (id uuid primary key, ${labelAndAmount})`],
});

behavesAsTable('a text that the application makes', {
  ...common,
  mapping: mapEntity(Parcel, {
    table: 'parcel',
    columns: { id: column.text(), label: column.text(), amount: column.integer() },
  }),
  make: [`create table parcel (id text primary key, ${labelAndAmount})`],
});
