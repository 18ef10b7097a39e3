import { describe, expect, it } from '@jest/globals';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { UnoError } from '@uno/postgres';
import { filterCondition } from '../../src/query/filter-sql.js';
import { unreachableDatabase } from '../support/database.js';
import { cities } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

const db = unreachableDatabase();
const repository = new UnoDBRepository(new UnoContext({ db }), cities);

describe('a filter', () => {
  it('becomes SQL with quoted names, and parameters for every value', () => {
    const { sql, parameters } = filterCondition(cities, {
      countryId: 7,
      name: { like: 'B%', ne: 'Basel' },
      or: [{ population: null }, { id: { in: [1, 2] } }],
    }).compile(db);
    expect(sql).toBe(
      '("country_id" = $1 and ("name"::text like $2::text and "name" <> $3) and ' +
        '(("population" is null) or (("id" = any($4)))))',
    );
    expect(parameters).toEqual(['7', 'B%', 'Basel', '{1,2}']);
  });

  it.each<[string, unknown, string]>([
    ['an unknown field', { nmae: 1 }, 'City has no field "nmae". It has: id, name, countryId,'],
    ['a field that every object has', { constructor: 1 }, 'City has no field "constructor"'],
    ['an unknown field deep inside', { and: [{ or: [{ not: { nmae: 1 } }] }] }, 'no field "nmae"'],
    ['undefined', { name: undefined }, '"name" eq is undefined; leave it out, or say null for NULL'],
    ['undefined for an operator', { id: { gt: undefined } }, '"id" gt is undefined'],
    ['an unknown operator', { id: { equals: 1 } }, '"id" has an unknown operator "equals". Known are: eq, ne,'],
    ['an operator that every object has', { id: { constructor: 1 } }, 'unknown operator "constructor"'],
    ['another operator that every object has', { id: { toString: 1 } }, 'unknown operator "toString"'],
    ['the prototype for an operator', { id: JSON.parse('{"__proto__":1}') }, 'unknown operator "__proto__"'],
    ['no operator', { id: {} }, '"id" has no operator'],
    ['a value of another type', { id: '1' }, 'field "id": integer takes'],
    ['a list for a value', { id: [1] }, 'field "id": integer takes'],
    ['an operator’s value of another type', { id: { lt: true } }, 'not a boolean'],
    ['null for a comparison', { id: { lt: null } }, '"id" is compared with nothing (it is null)'],
    ['a value for a list', { id: { in: 1 } }, '"id" in takes a list (it is a number)'],
    ['null in a list', { id: { in: [1, null] } }, '"id" in takes no null in its list'],
    ['undefined in a list', { id: { notIn: [undefined] } }, '"id" notIn takes no null in its list'],
    ['a value of another type in a list', { id: { in: [1, 'x'] } }, 'field "id": integer takes'],
    ['one value for between', { id: { between: [1] } }, '"id" between takes two values'],
    ['null for an end of between', { id: { between: [1, null] } }, '"id" is compared with nothing'],
    ['a text for isNull', { id: { isNull: 'yes' } }, '"id" isNull takes true or false'],
    ['a number for a pattern', { name: { like: 5 } }, '"name" like takes a pattern (it is a number)'],
    ['an object for "or"', { or: { id: 1 } }, '"or" takes a list of filters'],
    ['a list for "not"', { not: [{ id: 1 }] }, '"not" takes a filter (it is an array)'],
    ['null among filters', { and: [null] }, '"and" takes a filter (it is null)'],
    ['U+0000', { name: 'a\0' }, 'cannot hold the character U+0000'],
    ['a lone surrogate', { name: { in: ['\udc00'] } }, 'cannot hold a lone surrogate'],
    ['U+0000 in a pattern', { name: { like: '\0%' } }, 'cannot hold the character U+0000'],
    ['an invalid Date', { createdAt: new Date(Number.NaN) }, 'not an invalid date'],
    ['null for all filters', null, 'Filter of City: "filters" takes a filter (it is null)'],
    ['a list for all filters', [], '"filters" takes a filter (it is an array)'],
    ['a text for all filters', 'id = 1', '"filters" takes a filter (it is a string)'],
  ])('is refused before anything is sent: %s', async (_, filters, message) => {
    for (const call of [
      () => repository.list({ filters: unchecked(filters) }),
      () => repository.count({ filters: unchecked(filters) }),
    ]) {
      const error = await failureOf(UnoError, call);
      expect(error.message).toContain(message);
      expect(['UNO_CONFIG', 'UNO_VALIDATION']).toContain(error.code);
    }
  });
});

describe('an order, a limit or an offset', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { orderBy: ['nmae'] }, 'City has no field "nmae"'],
    ['an unknown direction', { orderBy: [{ name: 'down' }] }, "\"name\" is ordered 'asc' or 'desc', not a string"],
    ['two fields in one entry', { orderBy: [{ name: 'asc', id: 'asc' }] }, 'each entry names one field'],
    ['no field in an entry', { orderBy: [{}] }, 'each entry names one field'],
    ['a side of the nulls for no field', { orderBy: [{ nulls: 'last' }] }, 'each entry names one field'],
    [
      'an unknown side of the nulls',
      { orderBy: [{ name: 'asc', nulls: 'top' }] },
      "come 'first' or 'last', not a string",
    ],
    ['null for the side of the nulls', { orderBy: [{ name: 'asc', nulls: null }] }, "come 'first' or 'last', not null"],
    ['null for an entry', { orderBy: [null] }, 'each entry names one field'],
    ['a text for the list', { orderBy: 'name' }, 'orderBy of City is a list, not a string'],
    ['a limit of NaN', { limit: Number.NaN }, 'limit is a whole number from 0, not NaN'],
    ['a negative limit', { limit: -1 }, 'limit is a whole number from 0, not a negative one'],
    ['a limit with a fraction', { limit: 1.5 }, 'not a number with a fraction'],
    ['an infinite limit', { limit: Number.POSITIVE_INFINITY }, 'not Infinity'],
    ['a text for a limit', { limit: '5' }, 'limit is a whole number from 0, not a string'],
    ['a limit beyond safe numbers', { limit: 2 ** 60 }, 'limit is a whole number from 0'],
    ['an offset of NaN', { offset: Number.NaN }, 'offset is a whole number from 0, not NaN'],
    ['null for an offset', { offset: null }, 'offset is a whole number from 0, not null'],
  ])('is refused before anything is sent: %s', async (_, options, message) => {
    const error = await failureOf(UnoError, () => repository.list(unchecked<Record<string, never>>(options)));
    expect(error.message).toContain(message);
  });
});
