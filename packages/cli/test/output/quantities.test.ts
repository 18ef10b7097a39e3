import { describe, expect, it } from '@jest/globals';
import { bytes, count, duration } from '../../src/output/quantities.js';

describe('quantities', () => {
  it.each([
    [0, '0 B'],
    [1_023, '1,023 B'],
    [1_024, '1.0 kB'],
    [25_270_682, '24.1 MB'],
    [5 * 1_024 ** 4, '5.0 TB'],
    [5_000 * 1_024 ** 4, '5000.0 TB'],
  ])('writes %d bytes as %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  it.each([
    [400, '0:00'],
    [59_400, '0:59'],
    [59_600, '1:00'],
    [3_599_000, '59:59'],
    [3_723_000, '1:02:03'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('groups the digits of counts', () => {
    expect(count(171_075)).toBe('171,075');
  });
});
