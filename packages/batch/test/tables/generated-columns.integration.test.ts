import { column, mapEntity } from '@uno/domain';
import { sql } from 'kysely';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelled, labelledRow } from './support/kind-of-table.js';

class Item {
  id!: number;
  label!: string;
  amount!: number;
  doubled!: number;
  shout!: string;
}

const items = mapEntity(Item, {
  table: 'item',
  columns: {
    id: column.integer().generated(),
    label: column.text(),
    amount: column.integer(),
    doubled: column.integer().computed(sql`amount * 2`),
    shout: column.text().computed(sql`upper(label)`),
  },
});

behavesAsTable('a table with generated columns', {
  mapping: items,
  make: [
    `create table item (id serial primary key, doubled integer not null generated always as (amount * 2) stored,
      ${labelAndAmount}, shout text not null generated always as (upper(label)) stored)`,
  ],
  empty: 'truncate item',
  shown: 'select label, amount, doubled, shout from item order by label',
  record: labelled,
  row: (number, version) => {
    const { label, amount } = labelled(number, version);
    return [label, String(amount), String(amount * 2), label.toUpperCase()];
  },
  patch: (id, number, version) => ({ id, amount: amountFor(number, version) }),
  keyOf: ({ id }) => id,
  labelOf: ({ label }) => label,
  absent: -1,
  upsertBy: { constraintColumns: ['label'] },
  bad: { record: { ...labelled(13, 0), amount: -1 }, sqlstate: '23514' },
});

class Page {
  slug!: string;
  label!: string;
  amount!: number;
}

const slugOf = (number: number) => `slug-${labelled(number, 0).label}`;

behavesAsTable('a table whose key is generated', {
  mapping: mapEntity(Page, {
    table: 'page',
    key: 'slug',
    columns: {
      slug: column.text().computed(sql`'slug-' || label`),
      label: column.text(),
      amount: column.integer(),
    },
  }),
  make: [`create table page (slug text generated always as ('slug-' || label) stored primary key, ${labelAndAmount})`],
  empty: 'truncate page',
  shown: 'select label, amount, slug from page order by label',
  record: labelled,
  row: (number, version) => [...labelledRow(number, version), slugOf(number)],
  patch: (slug, number, version) => ({ slug, amount: amountFor(number, version) }),
  keyOf: ({ slug }) => slug,
  labelOf: ({ label }) => label,
  absent: 'slug',
  upsertBy: { constraintColumns: ['label'] },
  bad: { record: { ...labelled(13, 0), amount: -1 }, sqlstate: '23514' },
});
