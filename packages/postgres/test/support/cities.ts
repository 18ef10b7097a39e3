import { type CopySource, copyLine, executeText, type Queryable } from '../../src/index.js';

/** A table to copy rows into. */
export const createCities = 'create table city (id integer constraint city_pk primary key, name text not null)';

/** All of its columns. */
export const intoCities = { table: ['city'], columns: ['id', 'name'] };

/** One row, in COPY's text format. */
export function line(id: number | string, name: string | null = `city ${id}`): string {
  return copyLine([String(id), name], [true, false]);
}

/** Rows of so many ids from 1 on, a line each. */
export function* lines(count: number): Generator<string> {
  for (let id = 1; id <= count; id++) yield line(id);
}

/** Rows of about a kilobyte without an end. */
export function* endlessLines(): Generator<string> {
  for (let id = 1; ; id++) yield line(id, 'x'.repeat(1000));
}

/** Both kinds of iterables, made of one. */
export const kinds: [string, (source: Iterable<string>) => CopySource][] = [
  ['an iterable', (source) => source],
  [
    'an asynchronous iterable',
    async function* (source) {
      yield* source;
    },
  ],
];

/** The ids that are seen by this object, in order. */
export async function cityIds(on: Queryable): Promise<number[]> {
  return (await executeText(on, { sql: 'select id from city order by id' })).rows.map(([id]) => Number(id));
}

/** A source that has given some lines and never says whether there are more; it notes when it is left. */
export class HangingSource {
  isLeft = false;
  #hangs: () => void = () => {};
  /** Settles when it has been asked for more. */
  readonly hanging = new Promise<void>((resolve) => {
    this.#hangs = resolve;
  });
  readonly #lines: Iterator<string>;

  constructor(first: Iterable<string>) {
    this.#lines = first[Symbol.iterator]();
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: async () => {
        const next = this.#lines.next();
        if (!next.done) return next;
        this.#hangs();
        return new Promise(() => {});
      },
      return: () => {
        this.isLeft = true;
        return new Promise(() => {});
      },
    };
  }
}
