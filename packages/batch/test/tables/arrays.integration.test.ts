import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelled, labelledRow } from './support/kind-of-table.js';

class Board {
  id!: number;
  label!: string;
  amount!: number;
  grid!: number[][];
  words!: (string | null)[][][];
  documents!: { a: unknown }[];
  moments!: Date[] | null;
}

const boards = mapEntity(Board, {
  table: 'board',
  columns: {
    id: column.integer().generated(),
    label: column.text(),
    amount: column.integer(),
    grid: column.array(column.array(column.integer())),
    words: column.array(column.array(column.array(column.text().nullable()))),
    documents: column.array(column.jsonb<{ a: unknown }>()),
    moments: column.array(column.timestamptz()).nullable(),
  },
});

const record = (number: number, version: number) => ({
  ...labelled(number, version),
  grid: number % 4 === 0 ? [] : Array.from({ length: number % 4 }, (_, row) => [row, number]),
  words: [[[null, 'NULL', '']], [['{"', '\\', `,${number}`]]],
  documents: [{ a: [number, { b: '"' }] }],
  moments: number % 2 === 0 ? null : [new Date(0)],
});

behavesAsTable('a table of arrays of several dimensions', {
  mapping: boards,
  make: [
    `create table board (id serial primary key, ${labelAndAmount}, grid integer[][] not null, words text[] not null,
      documents jsonb[] not null, moments timestamptz[])`,
  ],
  empty: 'truncate board',
  shown: `select label, amount, grid, words, words[2][1][3], documents[1] -> 'a' -> 0, array_ndims(grid), moments[1] = 'epoch' from board order by label`,
  record,
  row: (number, version) => [
    ...labelledRow(number, version),
    `{${record(number, version)
      .grid.map((row) => `{${row.join()}}`)
      .join()}}`,
    `{{{NULL,"NULL",""}},{{"{\\"","\\\\",",${number}"}}}`,
    `,${number}`,
    String(number),
    number % 4 === 0 ? null : '2',
    number % 2 === 0 ? null : 't',
  ],
  patch: (id, number, version) => ({ id, amount: amountFor(number, version), grid: record(number, 0).grid }),
  keyOf: ({ id }) => id,
  labelOf: ({ label }) => label,
  absent: -1,
  upsertBy: { constraintColumns: ['label'] },
  bad: { record: { ...record(13, 0), amount: -1 }, sqlstate: '23514' },
});
