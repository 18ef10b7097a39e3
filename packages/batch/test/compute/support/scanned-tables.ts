import { type AnyMapping, column, mapEntity } from '@uno/domain';

/** A key of two columns, in another order than that of the columns, and names that have to be quoted. */
export class Shelf {
  note!: string | null;
  row!: number;
  hall!: string;
}

export const shelves = mapEntity(Shelf, {
  table: 'order "by"',
  schema: 'Odd schema',
  key: ['hall', 'row'],
  columns: {
    note: column.text().nullable(),
    row: column.integer().named('select'),
    hall: column.text().named('Hall; --'),
  },
});

/** A key of text, under whichever collation the column has. */
export class Word {
  word!: string;
}

export const words = mapEntity(Word, { table: 'word', key: 'word', columns: { word: column.text() } });

/** Keys with several spellings. */
export class Price {
  amount!: string;
  tag!: string | null;
}

export const prices = mapEntity(Price, {
  table: 'price',
  key: 'amount',
  columns: { amount: column.numeric(), tag: column.text().nullable() },
});

/** Keys of other types whose text has to be read back as the same value. */
export class Moment {
  at!: string;
  ratio!: number;
  code!: string;
  day!: string;
  id!: string;
}

export const moments = mapEntity(Moment, {
  table: 'moment',
  key: ['ratio', 'at', 'code', 'day', 'id'],
  columns: {
    at: column.timestamptz({ as: 'string' }),
    ratio: column.double(),
    code: column.char(3),
    day: column.date(),
    id: column.uuid(),
  },
});

export const scanned: readonly AnyMapping[] = [shelves, words, prices, moments];
