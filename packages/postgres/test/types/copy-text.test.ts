import { describe, expect, it } from '@jest/globals';
import { copyField, copyLine } from '../../src/index.js';

describe('a field of a COPY', () => {
  it.each([
    ['plain text', 'Oslo', 'Oslo'],
    ['nothing', '', ''],
    ['backslashes, which are doubled', 'a\\b\\', 'a\\\\b\\\\'],
    ['what looks like a null', '\\N', '\\\\N'],
    ['what looks like the end of the data', '\\.', '\\\\.'],
    ['tabs', '\ta\t', '\\ta\\t'],
    ['ends of lines', 'a\r\nb\n', 'a\\r\\nb\\n'],
    ['an array literal', '{"a\\\\b"}', '{"a\\\\\\\\b"}'],
    ['quotes, commas and other control characters, which stay', '"a\',\b\f\v', '"a\',\b\f\v'],
  ])('of %s', (_what, value, field) => {
    expect(copyField(value, false)).toBe(field);
  });

  it('of a null, whatever the type', () => {
    expect([copyField(null, false), copyField(null, true)]).toEqual(['\\N', '\\N']);
  });

  it('of a type without anything to escape is not looked through', () => {
    expect(copyField('not\tsuch a type', true)).toBe('not\tsuch a type');
  });
});

describe('a line of a COPY', () => {
  it('has its fields between tabs', () => {
    expect(copyLine(['7', 'a\tb', null], [true, false, false])).toBe('7\ta\\tb\t\\N\n');
  });

  it('of one empty field is empty', () => {
    expect(copyLine([''], [false])).toBe('\n');
  });
});
