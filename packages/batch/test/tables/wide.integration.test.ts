import { type AnyColumn, column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelled, labelledRow } from './support/kind-of-table.js';

class Wide {
  id!: number;
  label!: string;
  amount!: number;
  [other: `c${number}`]: number;
}

/** As many columns as a table can have: 1,600. */
const others = Array.from({ length: 1597 }, (_, i) => `c${i}` as const);
const columns: Record<`c${number}`, AnyColumn> = Object.fromEntries(others.map((name) => [name, column.smallint()]));

const wides = mapEntity(Wide, {
  table: 'wide',
  columns: { id: column.integer().generated(), label: column.text(), amount: column.integer(), ...columns },
});

const rest = Object.fromEntries(others.map((name, i) => [name, i]));
const record = (number: number, version: number) => ({ ...labelled(number, version), ...rest });

behavesAsTable('a table of 1,600 columns', {
  mapping: wides,
  make: [
    `create table wide (id serial primary key, ${labelAndAmount}, ${others.map((name) => `${name} smallint not null`).join()})`,
  ],
  empty: 'truncate wide',
  shown: 'select label, amount, c0, c1596 from wide order by label',
  record,
  row: (number, version) => [...labelledRow(number, version), '0', '1596'],
  patch: (id, number, version) => ({ id, amount: amountFor(number, version), ...rest }),
  keyOf: ({ id }) => id,
  labelOf: ({ label }) => label,
  absent: -1,
  upsertBy: { constraintColumns: ['label'] },
  bad: { record: { ...record(13, 0), amount: -1 }, sqlstate: '23514' },
});
