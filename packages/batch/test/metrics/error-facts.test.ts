import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { errorFacts } from '../../src/metrics/error-facts.js';
import { duplicate, tooLong } from './support/calls.js';

const unknown = { sqlstate: undefined, message: undefined, index: undefined, key: undefined };

describe('errorFacts', () => {
  it('tells of an error of uno what it says', () => {
    expect(errorFacts(duplicate)).toEqual({
      ...unknown,
      code: 'UNO_CONSTRAINT',
      sqlstate: '23505',
      message: 'city violates city_pkey.',
    });
    expect(errorFacts(tooLong)).toEqual({
      code: 'UNO_VALIDATION',
      sqlstate: '22001',
      message: 'City record 7: "name" is too long.',
      index: 7,
      key: '70',
    });
  });

  it.each([
    ['an error without a code', new RangeError('secret'), 'RangeError'],
    ['an error with one', Object.assign(new Error('secret'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    ['an error whose code is no text', Object.assign(new Error('secret'), { code: 5 }), 'Error'],
    ['an error of another realm', runInNewContext('new TypeError("secret")'), 'TypeError'],
    ['an abort', new DOMException('secret', 'AbortError'), 'AbortError'],
    ['text', 'secret', 'string'],
    ['a record', { name: 'secret', code: 'secret', message: 'secret' }, 'object'],
    ['null', null, 'object'],
    ['undefined', undefined, 'undefined'],
  ])('tells of %s nothing but what it is', (_, error: unknown, code) => {
    expect(errorFacts(error)).toEqual({ ...unknown, code });
  });
});
