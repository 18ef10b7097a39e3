import { describe, expect, it } from '@jest/globals';
import { isUnstable, spreadOf } from '../../src/operations/spread.js';

describe('spreadOf', () => {
  it('gives the middle and the ends', () => {
    expect(spreadOf([3, 1, 2, 9])).toEqual({ median: 2.5, min: 1, max: 9 });
  });

  it('gives no numbers for nothing', () => {
    expect(spreadOf([])).toEqual({ median: Number.NaN, min: Number.NaN, max: Number.NaN });
  });
});

describe('isUnstable', () => {
  it('is so when the ends lie further apart than three tenths of the middle', () => {
    expect(isUnstable({ median: 10, min: 9, max: 12 })).toBe(false);
    expect(isUnstable({ median: 10, min: 9, max: 12.1 })).toBe(true);
  });
});
