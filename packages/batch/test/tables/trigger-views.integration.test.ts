import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelled, labelledRow } from './support/kind-of-table.js';

class Item {
  id!: number;
  label!: string;
  amount!: number;
}

const items = mapEntity(Item, {
  table: 'seen',
  columns: { id: column.integer(), label: column.text(), amount: column.integer() },
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

/** A document that is shown as a row, which PostgreSQL cannot write through. */
const make = [
  `create table item (doc jsonb not null check ((doc ->> 'amount')::integer >= 0))`,
  `create unique index on item (((doc ->> 'id')::integer))`,
  `create view seen as select (doc ->> 'id')::integer as id, doc ->> 'label' as label, (doc ->> 'amount')::integer as amount from item`,
  `create function write_seen() returns trigger language plpgsql as $$ begin
    if tg_op = 'DELETE' then
      delete from item where (doc ->> 'id')::integer = old.id;
      return old;
    elsif tg_op = 'UPDATE' then
      update item set doc = to_jsonb(new) where (doc ->> 'id')::integer = old.id;
    else
      insert into item values (to_jsonb(new));
    end if;
    return new;
  end $$`,
  'create trigger write_seen instead of insert or update or delete on seen for each row execute function write_seen()',
];
const record = (number: number, version: number) => ({ id: number, ...labelled(number, version) });

behavesAsTable('a view with INSTEAD OF triggers', {
  ...common,
  mapping: items,
  make,
  empty: 'truncate item',
  shown: `select doc ->> 'label', doc ->> 'amount' from item order by 1`,
  record,
  upsertBy: {},
  bad: { record: { ...record(13, 0), amount: -1 }, sqlstate: '23514' },
});
