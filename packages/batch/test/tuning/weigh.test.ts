import { describe, expect, it } from '@jest/globals';
import { bytesOf, weigh } from '../../src/tuning/weigh.js';

function weightOf(record: unknown): { bytes: number; values: number } {
  const found = { bytes: 0, values: 0 };
  weigh(record, found);
  return found;
}

describe('what a record weighs', () => {
  it('is about what its values are when they are sent', () => {
    expect(weightOf({ id: 1, name: 'x'.repeat(100) })).toEqual({ bytes: 108, values: 2 });
    expect(weightOf({ content: new Uint8Array(5_000), at: new Date(0) })).toEqual({ bytes: 5_024, values: 2 });
    expect(weightOf('a key of text')).toEqual({ bytes: 13, values: 1 });
  });

  it('has in it what lies deeper, up to a depth', () => {
    expect(weightOf({ document: { list: ['x'.repeat(50), 'y'.repeat(50)] } }).bytes).toBe(100);
    const circular: Record<string, unknown> = { text: 'x'.repeat(10) };
    circular['itself'] = circular;
    expect(weightOf(circular).bytes).toBeLessThan(1_000);
  });

  it('is told of a long list by its beginning', () => {
    expect(weightOf({ list: new Array(10_000).fill('xxxx') })).toEqual({ bytes: 40_000, values: 10_000 });
    expect(weightOf({ list: [] })).toEqual({ bytes: 0, values: 0 });
  });

  it('is that of what could be looked at, where a getter throws', () => {
    const record = {
      text: 'x'.repeat(10),
      get wrong(): never {
        throw new Error('No.');
      },
    };
    expect(weightOf(record).bytes).toBe(10);
  });
});

describe('what many records weigh', () => {
  it('is told from some of them', () => {
    let looks = 0;
    const record = {
      get text() {
        looks++;
        return 'x'.repeat(100);
      },
    };
    expect(bytesOf(new Array(10_000).fill(record))).toBe(1_000_000);
    expect(looks).toBeLessThan(20);
    expect(bytesOf([])).toBe(0);
    expect(bytesOf(['four', 'four', 'four'])).toBe(12);
  });
});
