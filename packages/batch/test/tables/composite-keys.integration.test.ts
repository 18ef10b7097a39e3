import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelFor } from './support/kind-of-table.js';

class Berth {
  harbour!: string;
  pier!: number;
  label!: string;
  amount!: number;
}

/** Keys that the application makes, of two columns and not in the order of the table's. */
const berths = mapEntity(Berth, {
  table: 'berth',
  key: ['pier', 'harbour'],
  columns: { harbour: column.text(), pier: column.integer(), label: column.text(), amount: column.integer() },
});

const record = (number: number, version: number) => ({
  harbour: number % 2 === 0 ? 'a, "b" \\ {c}' : '',
  pier: Math.floor(number / 2) - 3,
  label: labelFor(number),
  amount: amountFor(number, version),
});

behavesAsTable('a table with a composite key', {
  mapping: berths,
  make: [`create table berth (harbour text, pier integer, ${labelAndAmount}, primary key (harbour, pier))`],
  empty: 'truncate berth',
  shown: 'select label, amount, harbour, pier from berth order by label',
  record,
  row: (number, version) => {
    const { label, amount, harbour, pier } = record(number, version);
    return [label, String(amount), harbour, String(pier)];
  },
  patch: (key, number, version) => ({ ...key, amount: amountFor(number, version) }),
  keyOf: ({ pier, harbour }) => ({ pier, harbour }),
  labelOf: ({ label }) => label,
  absent: { pier: 1, harbour: 'nowhere' },
  upsertBy: {},
  bad: { record: { ...record(13, 0), amount: -1 }, sqlstate: '23514' },
});
