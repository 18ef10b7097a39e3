import { column, mapEntity } from '@uno/domain';
import { behavesAsTable } from './support/behaves-as-table.js';
import { amountFor, labelAndAmount, labelled, labelledRow } from './support/kind-of-table.js';

class Booking {
  room!: string;
  label!: string;
  amount!: number;
  days!: string;
  breaks!: string;
  address!: string | null;
  wait!: string;
}

/** Types of which uno knows no more than their text, one of them the key. */
const bookings = mapEntity(Booking, {
  table: 'booking',
  key: 'room',
  columns: {
    room: column.ofType('int4range'),
    label: column.text(),
    amount: column.integer(),
    days: column.ofType('daterange'),
    breaks: column.ofType('int8multirange'),
    address: column.ofType('address').nullable(),
    wait: column.ofType('interval'),
  },
});

/** Not as PostgreSQL writes it, but for every other one. */
const roomOf = (number: number) => (number % 2 === 0 ? `[${number},${number + 1})` : `[${number},${number}]`);
const record = (number: number, version: number) => ({
  room: roomOf(number),
  ...labelled(number, version),
  days: number % 2 === 0 ? 'empty' : '[2026-01-01,2026-01-31]',
  breaks: `{[${number},${number + 2}],[${number + 1},${number + 5}),[100,]}`,
  address: number % 3 === 0 ? null : `("a ""street"", \\\\ ${number}",${number})`,
  wait: '24:00:00',
});

behavesAsTable('a table of ranges, multiranges, composite types and intervals', {
  mapping: bookings,
  make: [
    'create type address as (street text, number integer)',
    `create table booking (room int4range primary key, ${labelAndAmount}, days daterange not null,
      breaks int8multirange not null, address address, wait interval not null)`,
  ],
  empty: 'truncate booking',
  shown: 'select label, amount, room, days, breaks, (address).street, wait from booking order by label',
  record,
  row: (number, version) => [
    ...labelledRow(number, version),
    `[${number},${number + 1})`,
    number % 2 === 0 ? 'empty' : '[2026-01-01,2026-02-01)',
    `{[${number},${number + 5}),[100,)}`,
    number % 3 === 0 ? null : `a "street", \\ ${number}`,
    '24:00:00',
  ],
  patch: (room, number, version) => ({ room, amount: amountFor(number, version), wait: '24:00:00' }),
  keyOf: ({ room }) => room,
  labelOf: ({ label }) => label,
  absent: 'empty',
  upsertBy: {},
  bad: { record: { ...record(13, 0), amount: -1 }, sqlstate: '23514' },
});
