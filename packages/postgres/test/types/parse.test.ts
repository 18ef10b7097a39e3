import { describe, expect, it } from '@jest/globals';
import {
  arrayOf,
  bigintAsNumber,
  bigintExact,
  boolean,
  bytea,
  double,
  enumeration,
  InvalidValue,
  integer,
  json,
  jsonb,
  numeric,
  type PgType,
  real,
  smallint,
  text,
  timestamptzDate,
  uuid,
} from '@uno/postgres';

/** What a type makes of a text that somebody wrote, checked as it would be before it is sent. */
function read(type: PgType<unknown>, written: string): unknown {
  const value = type.parse === undefined ? written : type.parse(written);
  type.encode(value);
  return value;
}

describe('a text that somebody wrote', () => {
  it.each<[string, PgType<unknown>, string, unknown]>([
    ['smallint', smallint, ' 12 ', 12],
    ['integer', integer, '+7', 7],
    ['integer', integer, '-2147483648', -2147483648],
    ['bigint', bigintExact, '9007199254740993', 9007199254740993n],
    ['bigint', bigintExact, '+5', 5n],
    ['bigint as number', bigintAsNumber, '9007199254740991', 9007199254740991],
    ['double', double, '1.5e3', 1500],
    ['double', double, 'nan', Number.NaN],
    ['double', double, '-inf', Number.NEGATIVE_INFINITY],
    ['double', double, 'Infinity', Number.POSITIVE_INFINITY],
    ['real', real, '0.1', Math.fround(0.1)],
    ['numeric', numeric(), ' 12.50 ', '12.50'],
    ['boolean', boolean, 'YES', true],
    ['boolean', boolean, '0', false],
    ['text', text, ' as it is ', ' as it is '],
    ['uuid', uuid, '123E4567-e89b-12d3-a456-426614174000', '123E4567-e89b-12d3-a456-426614174000'],
    ['enum', enumeration('mood', ['sad', 'ok']), 'ok', 'ok'],
    ['timestamptz', timestamptzDate, '2026-11-25T04:13:05.120Z', new Date('2026-11-25T04:13:05.120Z')],
    ['timestamptz', timestamptzDate, '2026-11-25 04:13:05+05:30', new Date('2026-11-24T22:43:05Z')],
    ['timestamptz', timestamptzDate, '2026-11-25 04:13:05+01', new Date('2026-11-25T03:13:05Z')],
    ['bytea', bytea, '\\x00fF', new Uint8Array([0, 255])],
    ['json', json(false), '{"a": [1, null]}', { a: [1, null] }],
    ['jsonb', jsonb(false), '"text"', 'text'],
    ['integer[]', arrayOf(integer, false), '{1, 2}', [1, 2]],
    ['text[]', arrayOf(text, true), '{"a,b",NULL}', ['a,b', null]],
    [
      'boolean[][]',
      arrayOf(arrayOf(boolean, false), false),
      '{{yes,no},{t,f}}',
      [
        [true, false],
        [true, false],
      ],
    ],
  ])('is a value of %s', (_, type, written, value) => {
    expect(read(type, written)).toEqual(value);
  });

  it.each<[PgType<unknown>, string]>([
    [smallint, '40000'],
    [integer, '1.5'],
    [integer, ''],
    [integer, 'twelve'],
    [integer, '1e3'],
    [bigintExact, '9223372036854775810'],
    [bigintExact, '0x10'],
    [bigintAsNumber, '9007199254740993'],
    [double, '1,5'],
    [double, ''],
    [numeric(), '12,50'],
    [boolean, 'maybe'],
    [timestamptzDate, '2026-11-25 04:13:05'],
    [timestamptzDate, '2026-02-30 04:13:05Z'],
    [timestamptzDate, '25.11.2026'],
    [bytea, 'abc'],
    [bytea, '\\x0'],
    [json(false), '{"a":'],
    [jsonb(false), 'null'],
    [arrayOf(integer, false), '1,2'],
    [arrayOf(integer, false), '{1,x}'],
    [arrayOf(integer, false), '{1,NULL}'],
  ])('of which $0.sql makes nothing is refused with what it takes', (type, written) => {
    let thrown: unknown;
    try {
      read(type, written);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidValue);
    expect(String(thrown)).toContain((type.item ?? type).sql.replace(/\(.*\)/, ''));
    // What the data says is not for messages.
    if (written.length > 4) expect(String(thrown)).not.toContain(written);
  });
});
