import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelled, labelledRow } from './support/kind-of-table.js';

class Item {
  id!: number;
  label!: string;
  amount!: number;
  note!: string | null;
  changes!: number;
}

const items = mapEntity(Item, {
  table: 'item',
  columns: {
    id: column.integer().generated(),
    label: column.text(),
    amount: column.integer(),
    note: column.text().nullable(),
    changes: column.integer().default(0),
  },
});

const common = {
  mapping: items,
  empty: 'truncate item',
  patch: (id: number, number: number, version: number) => ({ id, amount: amountFor(number, version) }),
  keyOf: ({ id }: Item) => id,
  labelOf: ({ label }: Item) => label,
  absent: -1,
  upsertBy: { constraintColumns: ['label'] as const },
  bad: { record: { ...labelled(13, 0), amount: -1 }, sqlstate: '23514' },
};
const table = `create table item (id serial primary key, ${labelAndAmount}, note text, changes integer not null default 0)`;
const trigger = (body: string) => [
  `create function change() returns trigger language plpgsql as $$ begin ${body} return new; end $$`,
  'create trigger change before insert or update on item for each row execute function change()',
];

behavesAsTable('a table whose trigger fills in what no record gives', {
  ...common,
  make: [table, ...trigger(`new.changes := new.amount / 1000; if tg_op = 'INSERT' then new.note := 'new'; end if;`)],
  shown: 'select label, amount, note, changes from item order by label',
  record: labelled,
  row: (number, version) => [...labelledRow(number, version), 'new', String(version)],
});

behavesAsTable('a table whose trigger changes what the records give', {
  ...common,
  make: [table, ...trigger('new.note := upper(new.note); new.label := trim(new.label);')],
  shown: 'select label, amount, note from item order by label',
  record: (number, version) => ({
    ...labelled(number, version),
    label: ` ${labelled(number, 0).label} `,
    note: `note ${number}`,
  }),
  row: (number, version) => [...labelledRow(number, version), `NOTE ${number}`],
  gaps: {
    'upsert with models': 'rows are lined up by what the records give, so here it takes statements for each record',
  },
});

behavesAsTable('a table whose trigger makes the keys', {
  ...common,
  make: [
    table,
    'alter table item alter id drop default',
    'create sequence ids increment by 7',
    ...trigger(`if tg_op = 'INSERT' then new.id := nextval('ids'); end if;`),
  ],
  shown: 'select label, amount from item order by label',
  record: labelled,
  row: labelledRow,
});
