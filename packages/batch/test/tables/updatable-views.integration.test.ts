import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelled, labelledRow } from './support/kind-of-table.js';

class Item {
  id!: number;
  label!: string;
  amount!: number;
}

const items = mapEntity(Item, {
  table: 'seen',
  columns: {
    id: column.integer().generated().named('number'),
    label: column.text().named('name'),
    amount: column.integer(),
  },
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

behavesAsTable('a view that PostgreSQL can write through', {
  ...common,
  mapping: items,
  make: [
    `create table item (id serial primary key, ${labelAndAmount})`,
    'create view seen as select id as number, amount, label as name from item where amount < 1000000 with check option',
  ],
  empty: 'truncate item',
  bad: { record: { ...labelled(13, 0), amount: 1_000_000 }, sqlstate: '44000' },
});

behavesAsTable('a view over a view, with a column that is computed and a default of its own', {
  ...common,
  mapping: items,
  make: [
    `create table item (id integer primary key, ${labelAndAmount})`,
    'create sequence item_ids',
    'create view inner_seen as select id, label, amount, amount * 2 as doubled from item',
    'create view seen as select doubled, id as number, amount, label as name from inner_seen',
    `alter view seen alter number set default nextval('item_ids')`,
  ],
  empty: 'truncate item',
});
