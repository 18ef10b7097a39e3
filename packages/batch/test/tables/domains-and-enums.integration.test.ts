import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelled, labelledRow } from './support/kind-of-table.js';

class Item {
  id!: number;
  label!: string;
  amount!: number;
  mood!: 'sad' | 'it’s "ok", or {so}' | null;
  moods!: ('sad' | 'it’s "ok", or {so}' | null)[];
  email!: string;
  ratios!: number[];
}

const labels = ['sad', 'it’s "ok", or {so}'] as const;
const mood = column.enumeration('mood', labels);

/** The key, the amount and a list are of domains, which are mapped by the types under them; the address by its name. */
const items = mapEntity(Item, {
  table: 'item',
  columns: {
    id: column.integer(),
    label: column.varchar(20),
    amount: column.integer(),
    mood: mood.nullable(),
    moods: column.array(mood.nullable()),
    email: column.ofType('email'),
    ratios: column.array(column.double()),
  },
});

const record = (number: number, version: number) => ({
  id: number + 1,
  ...labelled(number, version),
  mood: [null, ...labels][number % 3] ?? null,
  moods: [[], [null, 'sad' as const], [...labels]][number % 3] ?? [],
  email: `a"b\\${number}@example.org`,
  ratios: [number / 2, Number.POSITIVE_INFINITY],
});

behavesAsTable('a table of domains and enumerated types', {
  mapping: items,
  make: [
    `create type mood as enum ('sad', 'it’s "ok", or {so}')`,
    'create domain positive as integer not null check (value > 0)',
    'create domain item_key as positive check (value < 1000)',
    'create domain quantity as integer check (value >= 0)',
    `create domain email as text check (value like '%@%')`,
    'create domain short as varchar(20)',
    'create domain pair as double precision[] check (array_length(value, 1) = 2)',
    `create table item (id item_key primary key, label short not null unique, amount quantity not null, mood mood,
      moods mood[] not null, email email not null, ratios pair not null)`,
  ],
  empty: 'truncate item',
  shown: 'select label, amount, mood, moods, email, ratios from item order by label',
  record,
  row: (number, version) => [
    ...labelledRow(number, version),
    record(number, version).mood,
    ['{}', '{NULL,sad}', '{sad,"it’s \\"ok\\", or {so}"}'][number % 3] ?? '',
    record(number, version).email,
    `{${number / 2},Infinity}`,
  ],
  patch: (id, number, version) => ({ id, amount: amountFor(number, version), moods: record(number, 0).moods }),
  keyOf: ({ id }) => id,
  labelOf: ({ label }) => label,
  absent: 999,
  upsertBy: {},
  bad: { record: { ...record(13, 0), amount: -1 }, sqlstate: '23514' },
});
