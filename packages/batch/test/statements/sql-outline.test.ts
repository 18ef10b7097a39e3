import { describe, expect, it } from '@jest/globals';
import { outlineOf, shiftParameters } from '../../src/statements/sql-outline.js';

describe('the outline of a statement', () => {
  it.each([
    ['select 1', ['select'], 0],
    ['  UPDATE t set a = $1', ['update', 't'], 1],
    ['/* /* select */ -- */\n (( with x as (select $12) select $2))', ['with', 'x'], 12],
    ['-- select\r\n-- $9\nvalues ($1, $2)', ['values'], 2],
    ['Prepare Transaction $$a$$', ['prepare', 'transaction'], 0],
    ['', [], 0],
    [' ; ', [], 0],
    ['/* select', [], 0],
  ])('has the first words and the number of parameters: %s', (sql, words, parameters) => {
    expect(outlineOf(sql)).toEqual({ words, parameters });
  });

  it.each([
    "'$2'",
    "'it''s $2'",
    "e'it\\'s $2'",
    "E'\\\\' || '$2'",
    "e'a'\n -- $2\n 'b\\'$2'",
    "'\\' || $1::text || '\\'",
    'a as "$2 ""$3"""',
    '$$ $2 $$',
    '$body$ $2 $$ $3 $body$',
    'a$2',
    'ä$2',
    '/* $2 /* */ $3 */ a',
    '-- $2',
    "u&'$2'",
    "'not closed $2",
    "e'not closed $2\\",
    '"not closed $2',
    '$$ not closed $2 $',
  ])('knows where a parameter is none: %s', (text) => {
    expect(outlineOf(`select $1, ${text}`).parameters).toBe(1);
  });

  it('is read in one go, whatever is not closed', () => {
    const long = "a''".repeat(100_000);
    for (const open of ["'", "e'", '"', '$$', '$a$', '/*', '--']) {
      expect(outlineOf(`select $1 ${open}${long} $2`)).toEqual({ words: ['select'], parameters: 1 });
    }
  });
});

describe('parameters that come after others', () => {
  it.each([
    ['a < $1 and b > $2', 'a < $4 and b > $5'],
    ["$1 || '$1' || $$ $2 $$ -- $3", "$4 || '$1' || $$ $2 $$ -- $3"],
    ['$12/* $1 */,a$1,"$2"', '$15/* $1 */,a$1,"$2"'],
    ['true', 'true'],
  ])('have other numbers: %s', (sql, shifted) => {
    expect(shiftParameters(sql, 3)).toBe(shifted);
  });
});
