import { describe, expect, it } from '@jest/globals';
import { InvalidValue, kindOf } from '../../src/index.js';
import { invalid, scalar } from '../../src/types/pg-type.js';

class Account {
  readonly password = 'open sesame';
}

describe('kindOf', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['open sesame', 'a string'],
    [42, 'a number'],
    [4.2, 'a number with a fraction'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [42n, 'a bigint'],
    [true, 'a boolean'],
    [Symbol('open sesame'), 'a symbol'],
    [() => 'open sesame', 'a function'],
    [['open sesame'], 'an array'],
    [new Date(), 'a Date'],
    [new Date(Number.NaN), 'an invalid date'],
    [new Uint8Array(1), 'a Uint8Array'],
    [new Map(), 'a Map'],
    [new Account(), 'a Account'],
    [{ password: 'open sesame' }, 'an object'],
    [Object.create(null), 'an object'],
  ])('of %p is %p, and never the value', (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });

  it('is not fooled by a field named constructor', () => {
    expect(kindOf({ constructor: { name: 'open sesame' } })).toBe('an object');
    expect(kindOf({ constructor: null })).toBe('an object');
  });
});

describe('invalid', () => {
  it('says what is allowed and what was given', () => {
    expect(() => invalid('integer', 'an integer', 'open sesame')).toThrow(InvalidValue);
    expect(() => invalid('integer', 'an integer', 'open sesame')).toThrow('integer takes an integer, not a string');
  });

  it('takes a kind that says more', () => {
    expect(() => invalid('integer', 'small ones', 7, 'a large one')).toThrow(
      'integer takes small ones, not a large one',
    );
  });
});

describe('scalar', () => {
  it('makes the careful choice of what is not said', () => {
    const careful = scalar<string, string>('text', String, String);
    expect(careful).toMatchObject({ bare: false, canonical: false, comparable: true, array: false, mutable: false });
    expect('labels' in careful).toBe(false);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(scalar('text', String, String))).toBe(true);
  });
});
