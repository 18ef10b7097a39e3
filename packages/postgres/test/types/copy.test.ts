import { describe, expect, it } from '@jest/globals';
import {
  arrayOf,
  bytea,
  date,
  integer,
  json,
  jsonb,
  jsonNull,
  type PgType,
  text,
  timestamptzDate,
} from '../../src/index.js';

/** A test that changes a copy in place and looks at the original. */
function sharesNothing<T>(type: PgType<T, unknown>, make: () => T, change: (value: T) => void): () => void {
  return () => {
    const original = make();
    const copy = type.copy(original);
    expect(copy).toEqual(original);
    expect(type.encode(copy)).toBe(type.encode(original));
    change(copy);
    expect(copy).not.toEqual(original);
    expect(original).toEqual(make());
  };
}

interface Document {
  list: { deep: number[] }[];
}

const documents = (): Document => ({ list: [{ deep: [1] }] });
const deepen = (value: unknown): void => {
  (value as Document).list[0]?.deep.push(2);
};
const moments = arrayOf(timestamptzDate, true);

describe('a copy shares nothing that can be changed', () => {
  const rows = arrayOf(arrayOf(integer, false), false);
  it(
    'of a Date',
    sharesNothing(
      timestamptzDate,
      () => new Date(0),
      (value) => value.setUTCFullYear(1999),
    ),
  );
  it(
    'of bytes',
    sharesNothing(
      bytea,
      () => new Uint8Array([1, 2]),
      (value) => value.fill(9),
    ),
  );
  it('of a json document', sharesNothing(json<unknown>(true), documents, deepen));
  it('of a jsonb document', sharesNothing(jsonb<unknown>(true), documents, deepen));
  it(
    'of an array',
    sharesNothing(
      arrayOf(text, false),
      () => ['a'],
      (value) => value.push('b'),
    ),
  );
  it(
    'of rows',
    sharesNothing(
      rows,
      () => [[1], [2]],
      (value) => value[0]?.push(3),
    ),
  );
  it(
    'of an array of Dates',
    sharesNothing(
      moments,
      () => [new Date(0)],
      (value) => value[0]?.setTime(1),
    ),
  );
  it(
    'of an array of documents',
    sharesNothing(
      arrayOf(json<unknown>(true), false),
      () => [documents()],
      ([first]) => deepen(first),
    ),
  );
});

describe('a copy is the value itself', () => {
  it('where it cannot be changed', () => {
    expect([text, integer, date].map(({ mutable }) => mutable)).toEqual([false, false, false]);
    expect(text.copy('a')).toBe('a');
  });

  it.each([['text'], [1], [true]])('where a document is %p', (value) => {
    expect(json<unknown>(true).copy(value)).toBe(value);
  });

  it('where a document is the null of JSON, of which there is one', () => {
    expect(json<unknown>(true).copy(jsonNull)).toBe(jsonNull);
    expect(arrayOf(json<unknown>(true), true).copy([jsonNull])).toEqual([jsonNull]);
    expect(arrayOf(json<unknown>(true), true).copy([jsonNull])[0]).toBe(jsonNull);
  });
});

describe('a type that can be changed in place', () => {
  it('says so', () => {
    const types = [timestamptzDate, bytea, json(true), jsonb(true), arrayOf(text, false)];
    expect(types.map(({ mutable }) => mutable)).toEqual([true, true, true, true, true]);
  });
});
