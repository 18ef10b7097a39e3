import { describe, expect, it } from '@jest/globals';
import { char, enumeration, type PgType, text, textOf, uuid, varchar } from '../../src/index.js';
import { refusalOf } from '../support/refusal.js';

const texts: readonly PgType<string, unknown>[] = [text, varchar(20), char(20), textOf('inet')];

describe('text', () => {
  it.each(texts)('of the type $sql refuses U+0000, which PostgreSQL cannot hold', (type) => {
    expect(refusalOf(type, 'open\0sesame')).toBe(`${type.sql} cannot hold the character U+0000`);
  });

  it.each(texts)('of the type $sql refuses half of a character', (type) => {
    const message = `${type.sql} cannot hold a lone surrogate (half of a character)`;
    expect(refusalOf(type, 'sesame\ud83d')).toBe(message);
    expect(refusalOf(type, '\ude00sesame')).toBe(message);
  });

  it.each(texts)('of the type $sql refuses what is no text', (type) => {
    const values = [1, null, undefined, ['open sesame'], new Date(0), { toString: () => 'open sesame' }];
    expect(values.map((value) => refusalOf(type, value))).toEqual(
      ['a number', 'null', 'undefined', 'an array', 'a Date', 'an object'].map(
        (kind) => `${type.sql} takes a string, not ${kind}`,
      ),
    );
  });

  it('of limited length counts characters, as PostgreSQL does', () => {
    expect(varchar(3).encode('😀😀😀')).toBe('😀😀😀');
    expect(refusalOf(varchar(3), 'aaaa')).toBe('varchar(3) takes up to 3 characters');
    expect(refusalOf(char(3), '😀😀😀😀')).toBe('char(3) takes up to 3 characters');
  });

  it('padded by PostgreSQL cannot identify a row', () => {
    expect([text.canonical, varchar(3).canonical, char(3).canonical]).toEqual([true, true, false]);
  });

  it('of any other type cannot be compared by =', () => {
    expect(textOf('json')).toMatchObject({ sql: 'json', comparable: false, canonical: false });
  });
});

describe('a uuid', () => {
  const valid = '123e4567-e89b-12d3-a456-426614174000';

  it('is written in small letters, so that equal ones have equal text', () => {
    expect(uuid.encode(valid.toUpperCase())).toBe(valid);
  });

  it.each([
    [''],
    ['sesame'],
    [valid.slice(1)],
    [`{${valid}}`],
    [valid.replaceAll('-', '')],
    [`${valid}\n`],
    [1],
    [null],
  ])('refuses %p without showing it', (value) => {
    const message = refusalOf(uuid, value);
    expect(message).toMatch(
      /^uuid takes text such as 123e4567-e89b-12d3-a456-426614174000, not (other text|a number|null)$/,
    );
  });
});

describe('an enumerated type', () => {
  const mood = enumeration('mood', ['happy', 'so-so', 'NULL']);

  it('knows its labels', () => {
    expect(mood.enumeration?.labels).toEqual(['happy', 'so-so', 'NULL']);
    expect(Object.isFrozen(mood.enumeration?.labels)).toBe(true);
    expect(mood.enumeration?.name).toBe(mood.sql);
  });

  it('does not change when the list it was made of does', () => {
    const labels = ['a', 'b'];
    const type = enumeration('letter', labels);
    labels.push('c');
    expect(type.enumeration?.labels).toEqual(['a', 'b']);
    expect(refusalOf(type, 'c')).toContain('one of a, b');
  });

  it.each([
    ['sesame', 'other text'],
    ['Happy', 'other text'],
    ['', 'other text'],
    ['constructor', 'other text'],
    [1, 'a number'],
    [null, 'null'],
  ])('refuses %p with the labels it has, not with the value', (value, kind) => {
    expect(refusalOf(mood, value)).toBe(`mood takes one of happy, so-so, NULL, not ${kind}`);
  });

  it('does not read a label that the mapping does not know', () => {
    expect(() => mood.decode('new')).toThrow('"new" is not a label of mood that the mapping knows');
  });

  it('without labels is refused', () => {
    expect(() => enumeration('nothing', [])).toThrow(RangeError);
  });
});
