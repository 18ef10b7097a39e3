import { describe, expect, it } from '@jest/globals';
import { column, mapEntity } from '@uno/domain';
import { sumOf } from '../../src/shapes/sum-of.js';

class Sum {
  id!: number;
  whole!: number;
  big!: bigint;
  number!: number;
  ratio!: number;
  price!: string;
  loose!: string;
}
const sums = mapEntity(Sum, {
  table: 'sum',
  columns: {
    id: column.integer(),
    whole: column.integer(),
    big: column.bigint(),
    number: column.bigint({ as: 'number' }),
    ratio: column.double(),
    price: column.numeric(12, 2),
    loose: column.numeric(),
  },
});

const cases: readonly (readonly [keyof Sum, readonly unknown[], unknown])[] = [
  ['whole', [1, 2, -5], -2],
  ['whole', [2 ** 31 - 1, 1], undefined],
  ['whole', [1, 1.5], undefined],
  ['whole', ['1', 2], undefined],
  ['big', [2n ** 62n, 1n], 2n ** 62n + 1n],
  ['big', [2n ** 62n, 2n ** 62n], undefined],
  ['big', [1n, 1], undefined],
  ['number', [Number.MAX_SAFE_INTEGER, 5, -5], Number.MAX_SAFE_INTEGER],
  ['number', [Number.MAX_SAFE_INTEGER, 1], undefined],
  ['ratio', [0.5, 0.5], undefined],
  ['ratio', [0.5], 0.5],
  ['price', ['0.10', '-.25', '3'], '2.85'],
  ['price', ['-0.10', '0.05'], '-0.05'],
  ['price', ['0.004', '0.004'], undefined],
  ['loose', ['0.004', '1.00'], '1.004'],
  ['loose', ['1e3', '1'], undefined],
  ['loose', ['NaN', '1'], undefined],
  ['loose', ['.', '1'], undefined],
  ['loose', ['5', '-5'], '0'],
];

describe('the sum of increments', () => {
  it.each(cases)('of %s %j is exact or not told', (property, values, sum) => {
    expect(sumOf(sums.field(property), values)).toEqual(sum);
  });
});
