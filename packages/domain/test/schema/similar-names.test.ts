import { describe, expect, it } from '@jest/globals';
import { similarNames } from '../../src/schema/similar-names.js';

const tables = ['city', 'cities', 'country', 'customer_order', 'a', 'Order'].map((name) => ({
  shown: `"${name}"`,
  name,
}));

describe('similarNames', () => {
  it.each([
    ['ctiy', ['"city"']],
    ['Citie', ['"cities"', '"city"']],
    ['order', ['"Order"', '"customer_order"']],
    ['contry', ['"country"']],
    ['weather', []],
  ])('finds what "%s" may have meant, the likest first', (wanted, found) => {
    expect(similarNames(wanted, tables)).toEqual(found);
  });

  it('gives no more than it is asked for', () => {
    expect(similarNames('city', tables, 1)).toEqual(['"city"']);
  });
});
