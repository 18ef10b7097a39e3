import { describe, expect, it } from '@jest/globals';
import { bytea, json, jsonb, jsonNull } from '../../src/index.js';
import { refusalOf } from '../support/refusal.js';

const types = [json<unknown>(true), jsonb<unknown>(true)];

describe.each(types)('a document of the type $sql', (type) => {
  it.each([
    [undefined, 'undefined'],
    [() => 'sesame', 'a function'],
    [Symbol('sesame'), 'a symbol'],
  ])('refuses %p, which JSON cannot say', (value, kind) => {
    expect(refusalOf(type, value)).toBe(`${type.sql} takes what JSON can say, not ${kind}`);
  });

  it('refuses bigints and circles, and says which of them', () => {
    const circle: Record<string, unknown> = { secret: 'sesame' };
    circle['self'] = circle;
    expect(refusalOf(type, { amount: 42n })).toMatch(/takes what JSON can say: .*BigInt/);
    expect(refusalOf(type, circle)).toMatch(/takes what JSON can say: .*circular/);
    expect(refusalOf(type, circle)).not.toContain('sesame');
  });

  it.each([
    ['in a text', { a: ['sesame\0'] }],
    ['in a key', { 'sesame\0': 1 }],
    ['after a backslash', 'sesame\\\0'],
  ])('refuses U+0000 %s', (_where, value) => {
    expect(refusalOf(type, value)).toBe(`${type.sql} cannot hold the character U+0000`);
  });

  it.each([
    ['in a text', ['sesame\ud83d']],
    ['in a key', { '\ude00': 1 }],
    ['after a backslash', '\\\ud800'],
  ])('refuses half of a character %s', (_where, value) => {
    expect(refusalOf(type, value)).toBe(`${type.sql} cannot hold a lone surrogate (half of a character)`);
  });

  it.each(['\\u0000', '\\\\u0000', '\\ud800', 'C:\\ud\\u0000', '\\\\\\udfff', '\u0001', '😀'])(
    'takes the harmless text %p',
    (value) => {
      expect(type.decode(type.encode(value))).toBe(value);
    },
  );

  it('tells the null of JSON from the null of SQL', () => {
    expect(type.encode(jsonNull)).toBe('null');
    expect(type.decode('null')).toBe(jsonNull);
    expect(type.decode('"null"')).toBe('null');
    expect(type.decode('{"a":null}')).toEqual({ a: null });
  });
});

describe('what JSON would lose without a word', () => {
  it.each([
    [Number.NaN, 'cannot hold NaN'],
    [{ a: [1, Number.NEGATIVE_INFINITY] }, 'cannot hold -Infinity'],
    [{ a: new Map([[1, 2]]) }, 'cannot hold a Map or a Set'],
    [[new Set()], 'cannot hold a Map or a Set'],
  ])('is refused: %p', (value, message) => {
    for (const type of types) expect(refusalOf(type, value)).toContain(message);
  });

  it('is not looked for in what says itself how it is written', () => {
    for (const type of types) expect(type.encode({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });
});

describe('a document that is null', () => {
  it('has to be mapped', () => {
    for (const type of [json(false), jsonb(false)]) {
      expect(refusalOf(type, jsonNull)).toContain('takes no document that is null unless it is mapped');
      expect(() => type.decode('null')).toThrow('map the column with { nullDocument: true }');
      expect(type.decode('[null]')).toEqual([null]);
    }
  });
});

describe('jsonb', () => {
  it('is compared by PostgreSQL, and json is not', () => {
    expect(types.map(({ comparable }) => comparable)).toEqual([false, true]);
  });
});

describe('bytes', () => {
  it.each([
    ['sesame', 'a string'],
    [[1, 2], 'an array'],
    [new ArrayBuffer(1), 'a ArrayBuffer'],
    [null, 'null'],
  ])('are not %p', (value, kind) => {
    expect(refusalOf(bytea, value)).toBe(`bytea takes a Uint8Array or Buffer, not ${kind}`);
  });

  it('are those of the view, not of the buffer below it', () => {
    const view = new Uint8Array(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2);
    expect(bytea.encode(view)).toBe('\\x0203');
  });

  it('may come as a Buffer, and are always read as a Uint8Array of their own', () => {
    const read = bytea.decode(bytea.encode(Buffer.from([0, 255])));
    expect(read).toEqual(new Uint8Array([0, 255]));
    expect(Buffer.isBuffer(read)).toBe(false);
    expect(read.buffer.byteLength).toBe(2);
  });
});
