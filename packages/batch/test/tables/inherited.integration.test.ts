import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelled, labelledRow } from './support/kind-of-table.js';

class Item {
  id!: number;
  label!: string;
  amount!: number;
}

const items = mapEntity(Item, {
  table: 'item',
  columns: { id: column.integer().generated(), label: column.text(), amount: column.integer() },
});

const common = {
  shown: 'select label, amount from item order by label',
  record: labelled,
  row: labelledRow,
  patch: (id: number, number: number, version: number) => ({ id, amount: amountFor(number, version) }),
  keyOf: ({ id }: Item) => id,
  labelOf: ({ label }: Item) => label,
  absent: -1,
  upsertBy: { constraintColumns: ['label'] as const },
  bad: { record: { ...labelled(13, 0), amount: -1 }, sqlstate: '23514' },
};

behavesAsTable('a table that inherits its columns', {
  ...common,
  mapping: items,
  make: [
    'create table thing (id serial, label text not null, amount integer not null check (amount >= 0))',
    'create table item (extra text, primary key (id), unique (label)) inherits (thing)',
  ],
  empty: 'truncate item',
});

behavesAsTable('a table that others inherit from', {
  ...common,
  mapping: items,
  make: [
    `create table item (id serial primary key, ${labelAndAmount})`,
    'create table special_item (extra text) inherits (item)',
  ],
  empty: 'truncate item',
});
