import type { NewRecord, RecordPatch } from '@uno/domain';
import { jsonNull } from '@uno/postgres';
import fc from 'fast-check';
import type { samples } from './sample.js';

/** What PostgreSQL's text can hold, with a liking for what has to be escaped somewhere. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    'NULL',
    'null',
    '{}',
    '{a,b}',
    '"',
    '\\',
    '\\"',
    "'",
    ',',
    '\t',
    '\n',
    '\r\n',
    '\\N',
    '\\.',
    '😀',
    'é́',
    ' ',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => !value.includes('\0') && value.isWellFormed()),
);

/** What jsonb cannot hold; and where JSON.parse itself mixes up escaped keys (V8 13, in Node 24), all escapes. */
const unspeakable = process.versions.v8.startsWith('13.') ? /\\/ : /\\u0000|\\ud[89a-f]/;

const json = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !unspeakable.test(JSON.stringify(value)))
  .map((value) => (value === null ? jsonNull : normalized(value)));

/** JSON has no -0. */
function normalized<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

const day = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map((parts) => parts.map((part, i) => String(part).padStart(i === 0 ? 4 : 2, '0')).join('-'));
const clock = fc
  .tuple(
    fc.integer({ min: 0, max: 23 }),
    fc.integer({ min: 0, max: 59 }),
    fc.integer({ min: 0, max: 59 }),
    fc.integer({ min: 0, max: 999999 }),
  )
  .map(
    ([h, m, s, us]) =>
      `${[h, m, s].map((part) => String(part).padStart(2, '0')).join(':')}.${String(us).padStart(6, '0')}`,
  );
const integer = fc.integer({ min: -2147483648, max: 2147483647 });
const wholeNumber = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

function nullable<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(values, { nil: null, freq: 5 });
}

/** Everything but the key, the unique tag and the checked count. */
const harmless = {
  big: nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  bigNumber: nullable(wholeNumber.map((value) => value + 0)),
  ratio: nullable(fc.double()),
  single: nullable(fc.float()),
  amount: nullable(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map((value) => `${value}.5`)),
  flag: fc.boolean(),
  title: text,
  code: nullable(text.filter((value) => [...value].length <= 8)),
  fixed: nullable(fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 4 })),
  uid: nullable(fc.uuid()),
  day: nullable(fc.oneof(day, fc.constantFrom('infinity', '0044-03-15 BC', '2024-02-29'))),
  at: nullable(
    fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
  ),
  exactAt: nullable(
    fc.oneof(
      fc.tuple(day, clock).map(([d, c]) => `${d} ${c}+05:30`),
      fc.constantFrom('infinity', '-infinity'),
    ),
  ),
  local: nullable(fc.tuple(day, clock).map(([d, c]) => `${d} ${c}`)),
  clock: nullable(clock),
  data: nullable(json),
  raw: nullable(json),
  bytes: nullable(fc.uint8Array({ maxLength: 20 })),
  mood: nullable(fc.constantFrom('good', 'so "so"', "it's bad")),
  numbers: nullable(fc.array(integer, { maxLength: 5 })),
  words: nullable(fc.array(nullable(text), { maxLength: 5 })),
  matrix: nullable(
    fc
      .tuple(fc.nat(3), fc.integer({ min: 1, max: 3 }))
      .chain(([rows, columns]) =>
        fc.array(fc.array(integer, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
      ),
  ),
  span: nullable(fc.tuple(fc.nat(100), fc.nat(100)).map(([from, length]) => `[${from},${from + length + 1})`)),
};

/** Values that now and then make two records collide, or break the check that a count is not 13. */
const harmful = {
  tag: nullable(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')),
  count: fc.constantFrom(1, 2, 3, 13, -32768, 32767),
};

type Model = { readonly [name: string]: fc.Arbitrary<unknown> };
type ValuesOf<T extends Model> = { [F in keyof T]?: T[F] extends fc.Arbitrary<infer V> ? V : never };

/** A part of a record; which part is the same for several records, so that they share a statement. */
function part<T extends Model>(model: T, names: readonly string[]): fc.Arbitrary<ValuesOf<T>> {
  const chosen = Object.entries(model).filter(([name]) => names.includes(name));
  return fc.record(Object.fromEntries(chosen)) as fc.Arbitrary<ValuesOf<T>>;
}

const id = fc.nat(12);

/** Records of one to three shapes, in any order; with different keys, or with some that are the same. */
function recordsOf<T extends Model>(
  model: T,
  keysOf: 'different' | 'any',
): fc.Arbitrary<(ValuesOf<T> & { id: number })[]> {
  const shapes = fc.array(fc.subarray(Object.keys(model)), { minLength: 1, maxLength: 3 });
  return shapes.chain((names) => {
    const values = fc.oneof(...names.map((shape) => part(model, shape)));
    const record = fc.tuple(id, values).map(([key, value]) => ({ ...value, id: key }));
    return keysOf === 'different'
      ? fc.uniqueArray(record, { maxLength: 12, selector: ({ id: key }) => key })
      : fc.array(record, { maxLength: 12 });
  });
}

/** Records of which some are refused by the table. */
export const records: fc.Arbitrary<NewRecord<typeof samples>[]> = recordsOf({ ...harmless, ...harmful }, 'any');

/** Records that a table without the same keys takes. */
export const goodRecords: fc.Arbitrary<NewRecord<typeof samples>[]> = recordsOf(harmless, 'different');

/** Changes of different rows, of which some are refused. */
export const patches: fc.Arbitrary<RecordPatch<typeof samples>[]> = recordsOf({ ...harmless, ...harmful }, 'different');

/** Changes of which several may be of one row, and none is refused. */
export const repeatedPatches: fc.Arbitrary<RecordPatch<typeof samples>[]> = recordsOf(harmless, 'any');

export const keys: fc.Arbitrary<number[]> = fc.array(id, { maxLength: 10 });
