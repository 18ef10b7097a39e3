import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelled, labelledRow } from './support/kind-of-table.js';

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

behavesAsTable('a table whose constraints are checked at the end', {
  ...common,
  mapping: items,
  make: [
    'create table kind (id integer primary key)',
    'insert into kind values (1)',
    `create table item (id serial primary key deferrable initially deferred,
      label text not null unique deferrable initially deferred, amount integer not null check (amount >= 0),
      kind integer not null default 1 references kind deferrable initially deferred)`,
  ],
  empty: 'truncate item',
});

behavesAsTable('a table whose constraints may be checked at the end, and are not', {
  ...common,
  mapping: items,
  make: [
    `create table item (id serial primary key deferrable, label text not null unique deferrable,
      amount integer not null check (amount >= 0))`,
  ],
  empty: 'truncate item',
});
