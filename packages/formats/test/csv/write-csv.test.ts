import { describe, expect, it } from '@jest/globals';
import { ConfigError, ValidationError } from '@uno/postgres';
import { type CsvValue, type CsvWriteOptions, csvWriter, writeCsv } from '../../src/index.js';

const row = (values: readonly CsvValue[], options?: CsvWriteOptions) =>
  csvWriter(
    values.map((_, i) => `c${i}`),
    options,
  ).row(values, 0);

describe('csvWriter', () => {
  it.each<[values: CsvValue[], expected: string, options?: CsvWriteOptions]>([
    [['a', 'b c', ' d '], 'a,b c, d \n'],
    [['a,b', 'c"d', 'e\nf', 'g\rh'], '"a,b","c""d","e\nf","g\rh"\n'],
    [[null, '', undefined], ',"",\n'],
    [[null], '\n'],
    [['\\.', '\\N', '\ufeffx'], '"\\.",\\N,"\ufeffx"\n'],
    [[null, 'NULL', ''], 'NULL,"NULL",""\n', { nullText: 'NULL' }],
    [['a;b', 'c,d'], '"a;b";c,d\n', { delimiter: ';' }],
    [['a"b', "c'd"], "a\"b,'c''d'\n", { quote: "'" }],
    [['a"b\\c', 'd\\e'], '"a\\"b\\\\c",d\\e\n', { escape: '\\' }],
    [['a'], 'a\r\n', { lineBreak: '\r\n' }],
    [[1.5, -0, Number.NaN, 2n ** 70n, true], '1.5,-0,NaN,1180591620717411303424,true\n'],
    [[new Date(0), Uint8Array.of(0, 255)], '1970-01-01T00:00:00.000Z,\\x00ff\n'],
  ])('writes %j as %j', (...[values, expected, options]) => {
    expect(row(values, options)).toBe(expected);
  });

  it('writes a header like any row, or none', () => {
    expect(csvWriter(['id', 'a "b"'], { lineBreak: '\r\n' }).head).toBe('id,"a ""b"""\r\n');
    expect(csvWriter(['id'], { header: false }).head).toBe('');
  });

  it.each<[title: string, values: CsvValue[], reason: string]>([
    ['half a character', ['x', '\ud800'], 'half a character (a lone surrogate)'],
    ['an invalid date', ['x', new Date(Number.NaN)], 'an invalid date'],
    ['an array', ['x', [1] as unknown as CsvValue], 'an array'],
    ['a document', ['x', {} as CsvValue], 'an object'],
  ])('refuses %s, and names row and column', (_title, values, reason) => {
    const refused = () => csvWriter(['id', 'name']).row(values, 7);
    expect(refused).toThrow(ValidationError);
    expect(refused).toThrow(expect.objectContaining({ index: 7, field: 'name', reason }));
    expect(refused).toThrow(`Row 7 of the CSV has ${reason} in column name.`);
  });

  it('refuses a row of another length', () => {
    expect(() => csvWriter(['id', 'name']).row([1], 3)).toThrow('Row 3 of the CSV has 1 values for 2 columns.');
  });

  it.each([[[]], [['a', 'a']], [['']]])('refuses the columns %j', (columns) => {
    expect(() => csvWriter(columns)).toThrow(ConfigError);
  });
});

describe('writeCsv', () => {
  it('writes the header of no rows', async () => {
    const blocks: string[] = [];
    for await (const block of writeCsv([], ['id', 'name'])) blocks.push(block);
    expect(blocks).toEqual(['id,name\n']);
  });

  it('takes rows no faster than its blocks are taken, and closes their source', async () => {
    let taken = 0;
    let closed = false;
    async function* rows(): AsyncGenerator<[string]> {
      try {
        for (;;) {
          taken++;
          yield ['x'.repeat(999)];
        }
      } finally {
        closed = true;
      }
    }
    const blocks = writeCsv(rows(), ['c']);
    const { value } = await blocks.next();
    expect(value).toHaveLength(2 + 66 * 1000);
    expect(taken).toBe(66);
    await blocks.return(undefined);
    expect(closed).toBe(true);
  });
});
