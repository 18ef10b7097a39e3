import { describe, expect, it } from '@jest/globals';
import { className, propertyNames } from '../../src/inspect/names.js';

describe('the name of a class', () => {
  it.each([
    ['city', 'City'],
    ['customer_order', 'CustomerOrder'],
    ['CustomerOrder', 'CustomerOrder'],
    ['USERS', 'Users'],
    ['1 2', '_12'],
    ['date', 'DateEntity'],
    ['!', 'Row'],
    ['straße', 'Straße'],
  ])('of %s is %s', (table, name) => {
    expect(className(table)).toBe(name);
  });
});

describe('names of properties', () => {
  it('are in camel case, begin with a letter, and are no two alike', () => {
    const columns = ['id', 'country_code', 'CountryCode', 'a b', 'aB', '1x', '!', '?', 'class', 'ünï"q'];
    expect([...propertyNames(columns).values()]).toEqual([
      'id',
      'countryCode',
      'countryCode2',
      'aB',
      'aB2',
      '_1x',
      'column7',
      'column8',
      'class',
      'ünïQ',
    ]);
  });

  it('are none that a mapping cannot have', () => {
    const columns = ['constructor', 'constructor_', 'and', 'or', 'not', '__proto__', 'to_string', 'valueOf'];
    expect([...propertyNames(columns).values()]).toEqual([
      'constructor_',
      'constructor_2',
      'and_',
      'or_',
      'not_',
      'proto',
      'toString_',
      'valueOf_',
    ]);
  });
});
