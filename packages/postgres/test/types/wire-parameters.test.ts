import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import utils from 'pg/lib/utils.js';
import { ValidationError, WireParameters } from '../../src/index.js';
import { anyJson, anyText } from '../support/arbitraries.js';

const toPostgres = (value: unknown) => ({ toPostgres: () => value });

/** Values that both take, nested arrays and documents among them. */
const anyParameter = fc.oneof(
  anyText,
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.array(fc.oneof(anyText, fc.integer(), fc.constant(null), fc.date({ noInvalidDate: true }))),
  fc.array(fc.array(fc.integer())),
  fc.array(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  anyJson.filter((value) => typeof value === 'object'),
  anyText.map(toPostgres),
);

function refusal(...parameters: unknown[]): unknown {
  try {
    new WireParameters(parameters);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('parameters', () => {
  it('travel as the driver itself sends them', () => {
    fc.assert(
      fc.property(fc.array(anyParameter), (parameters) => {
        const expected = parameters.map((parameter) => utils.prepareValue(parameter) ?? null);
        expect(new WireParameters(parameters).values).toEqual(expected);
      }),
    );
  });

  it('are the same when they are encoded twice', () => {
    fc.assert(
      fc.property(fc.array(anyParameter), (parameters) => {
        const { values } = new WireParameters(parameters);
        expect(new WireParameters(values).values).toEqual(values);
      }),
    );
  });

  it.each([
    ['undefined', undefined, 'is undefined: say null for NULL'],
    ['a function', () => 1, 'is a function'],
    ['a symbol', Symbol('secret'), 'is a symbol'],
    ['an invalid date', new Date(Number.NaN), 'is or has an invalid date'],
    ['an array with an invalid date', [[new Date(Number.NaN)]], 'is or has an invalid date'],
    ['an array with undefined', ['secret', undefined], 'has an element that is undefined: say null for NULL'],
    ['an array with a hole', new Array(1), 'has an element that is undefined: say null for NULL'],
    ['U+0000', 'secret\0', 'has the character U+0000, which PostgreSQL cannot hold'],
    ['U+0000 in an array', ['secret\0'], 'has the character U+0000, which PostgreSQL cannot hold'],
    ['a lone surrogate', 'secret\ud800', 'has a lone surrogate (half of a character)'],
    ['what gives a lone surrogate', toPostgres('secret\ud800'), 'has a lone surrogate (half of a character)'],
    ['a document without a text', { toJSON: () => undefined }, 'is an object without a text'],
  ])('that cannot be sent are refused by name, and not shown: %s', (_, value, reason) => {
    const error = refusal(1, 'a', value, null);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ message: `Parameter $3 ${reason}.`, reason, retry: 'never' });
    expect(String(error)).not.toContain('secret');
  });

  it('that throw when they are turned into text keep what was thrown', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(refusal(circular)).toMatchObject({
      message: 'Parameter $1 cannot be turned into text.',
      cause: expect.any(TypeError),
    });
  });

  it('are refused where a hole is', () => {
    expect(refusal(...new Array(2))).toMatchObject({ message: expect.stringContaining('Parameter $1 is undefined') });
  });

  it('are at most 65,535', () => {
    expect(refusal(...new Array<number>(65_535).fill(1))).toBeUndefined();
    expect(refusal(...new Array<number>(65_536).fill(1))).toMatchObject({ message: expect.stringContaining('65535') });
  });

  it('are at most 1 GB together', () => {
    // Never touched, so that it takes no memory.
    const half = Buffer.alloc(2 ** 29);
    expect(refusal(half, 'x')).toBeUndefined();
    expect(refusal(half, half)).toMatchObject({ message: expect.stringContaining('up to 1 GB') });
  });
});
