import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@uno/postgres';
import { type CsvOptions, readCsv } from '../../src/index.js';
import { entriesOf, errorOf, latin1, saidBy } from '../support/entries.js';

const said = (text: string, options?: CsvOptions) => saidBy(readCsv(Buffer.from(text), options));

describe('readCsv', () => {
  it.each<[title: string, text: string, expected: unknown[], options?: CsvOptions]>([
    [
      'takes records apart',
      'a,b\n1,x\n2,y\n',
      [
        [2, ['1', 'x']],
        [3, ['2', 'y']],
      ],
    ],
    ['needs no line break at the end', 'a,b\n1,x', [[2, ['1', 'x']]]],
    ['tells nothing from the empty text', 'a,b,c\n,"",x\n', [[2, [null, '', 'x']]]],
    ['tells them apart among quoted cells', 'a,b,c\n"",,"x,""y"""\n', [[2, ['', null, 'x,"y"']]]],
    ['reads a row of which nothing is said', 'a,b\n,\n', [[2, [null, null]]]],
    ['reads quotes within quotes', 'a,b\n"say ""hi""",x\n', [[2, ['say "hi"', 'x']]]],
    ['reads delimiters within quotes', 'a,b\n"1,5",x\n', [[2, ['1,5', 'x']]]],
    [
      'reads cells that are all quoted',
      '"a","b"\n"1,5","x\ny"\n"","z"\n',
      [
        [2, ['1,5', 'x\ny']],
        [4, ['', 'z']],
      ],
    ],
    [
      'counts the lines within quotes',
      'a,b\n"1\n\n2",x\n3,y\n',
      [
        [2, ['1\n\n2', 'x']],
        [5, ['3', 'y']],
      ],
    ],
    ['counts the lines of a header', '"a\nb",c\n1,x\n', [[3, ['1', 'x']]]],
    [
      'reads CRLF, and keeps it within quotes',
      'a,b\r\n1,"x\r\ny"\r\n2,z\r\n',
      [
        [2, ['1', 'x\r\ny']],
        [4, ['2', 'z']],
      ],
    ],
    [
      'reads CR alone',
      'a,b\r1,"x\ry"\r2,z\r',
      [
        [2, ['1', 'x\ry']],
        [4, ['2', 'z']],
      ],
    ],
    [
      'reads LF within quotes where lines end with CR',
      'a,b\r1,"x\ny"\r2,z\r',
      [
        [2, ['1', 'x\ny']],
        [3, ['2', 'z']],
      ],
    ],
    [
      'finds LF outside of quotes where lines end with CR',
      'a,b\r1,x\n2,y\r3,"\r"\nz\r4,w\r',
      [
        [2, { reason: 'there is a line break (LF) that is not like those before (CR)' }],
        [3, { reason: 'there is a line break outside of quotes that is not like those before' }],
        [5, ['4', 'w']],
      ],
    ],
    [
      'reads LF and CRLF in one file',
      'a,b\n1,x\r\n2,y\n',
      [
        [2, ['1', 'x']],
        [3, ['2', 'y']],
      ],
    ],
    ['takes CR CR LF, which Windows makes of CRLF, for one', 'a,b\r\r\n1,x\r\r\n', [[2, ['1', 'x']]]],
    [
      'passes over empty lines',
      '\n\na,b\n\n1,x\n\n\n2,y\n\n',
      [
        [5, ['1', 'x']],
        [8, ['2', 'y']],
      ],
    ],
    [
      'takes an empty line of one column for a record',
      'a\n1\n\n"" \n',
      [
        [2, ['1']],
        [3, [null]],
        [4, { reason: 'a closing quote is followed by something else than a delimiter', column: 'a' }],
      ],
    ],
    ['keeps spaces', 'a,b\n 1 ,\tx\n', [[2, [' 1 ', '\tx']]]],
    ['gives no record of a header alone', 'a,b\n', []],
    ['gives no record of a header without a line break', 'a,b', []],
    ['keeps what is not ASCII', 'näme,b\nŁódź,"日本, 😀"\n', [[2, ['Łódź', '日本, 😀']]]],
    ['passes over the byte-order mark', '\ufeffa,b\n1,x\n', [[2, ['1', 'x']]]],
    ['takes a mark within the file for text', 'a,b\n\ufeff1,x\n', [[2, ['\ufeff1', 'x']]]],
    ['reads other delimiters', 'a;b\n1,5;x\n', [[2, ['1,5', 'x']]], { delimiter: ';' }],
    ['reads tabs', 'a\tb\n1\t"x\ty"\n', [[2, ['1', 'x\ty']]], { delimiter: '\t' }],
    ['reads a delimiter that means something in patterns', 'a|b\n1|"x|y"\n', [[2, ['1', 'x|y']]], { delimiter: '|' }],
    ['reads other quotes', "a,b\n'it''s',\"x\n", [[2, ["it's", '"x']]], { quote: "'" }],
    ['reads other escapes', 'a,b\n"say \\"hi\\", \\\\",""\n', [[2, ['say "hi", \\', '']]], { escape: '\\' }],
    ['takes quotes for text, if asked', 'a,b\n5",6" x 7"\n', [[2, ['5"', '6" x 7"']]], { quote: null }],
    ['reads null as it is written', 'a,b,c\nNULL,"NULL",\n', [[2, [null, 'NULL', '']]], { nullText: 'NULL' }],
    ['reads a file without a header', '1,x\n', [[1, ['1', 'x']]], { header: ['a', 'b'] }],
    ['reads nothing of an empty file without a header', '', [], { header: ['a', 'b'] }],
    ['does no harm by a column called __proto__', '__proto__,constructor\n1,x\n', [[2, ['1', 'x']]]],
  ])('%s', async (...[, text, expected, options]) => {
    expect(await said(text, options)).toEqual(expected);
  });

  const closing = 'a closing quote is followed by something else than a delimiter';
  const opening = 'there is a quote within a cell that does not begin with one';
  it.each<[title: string, text: string, line: number, fault: unknown]>([
    ['fewer cells', 'a,b,c\n1,2\n', 2, { reason: '3 columns were expected, 2 found' }],
    ['more cells', 'a\n1,2\n', 2, { reason: '1 column was expected, 2 found' }],
    ['fewer quoted cells', 'a,b,c\n"1","2"\n', 2, { reason: '3 columns were expected, 2 found' }],
    ['text after a closing quote', 'a,b\n"1"x,2\n', 2, { reason: closing, column: 'a' }],
    ['a quote after a closing quote', 'a,b\n1,"2" "3"\n', 2, { reason: closing, column: 'b' }],
    ['a quote within a cell', 'a,b\n1,2" pipe\n', 2, { reason: opening, column: 'b' }],
    ['a quote after a space', 'a,b\n1, "2"\n', 2, { reason: opening, column: 'b' }],
  ])('names the fault of a record with %s, and goes on', async (_title, text, line, fault) => {
    const good = text.startsWith('a,b,c') ? '7,"8",9' : text.startsWith('a,b') ? '7,"8"' : '"7"';
    const entries = await entriesOf(readCsv(Buffer.from(`${text}${good}\n`)));
    expect(entries).toEqual([
      { line, raw: text.slice(text.indexOf('\n') + 1), fault },
      { line: line + 1, raw: `${good}\n`, cells: expect.arrayContaining(['7']) },
    ]);
  });

  it('names line, column and byte where a record is not UTF-8, and goes on', async () => {
    const bytes = latin1('id,name\n1,"M\xfcnchen, Bayern"\n2,K\xf6ln\n3,Bonn\n');
    expect(await entriesOf(readCsv(bytes))).toEqual([
      {
        line: 2,
        raw: '1,"M\xfcnchen, Bayern"\n',
        fault: {
          reason:
            'byte 0xFC (number 2 of the value) is not UTF-8; if the file is in Latin-1, its encoding is to be said: latin1',
          column: 'name',
        },
      },
      { line: 3, raw: '2,K\xf6ln\n', fault: expect.objectContaining({ column: 'name' }) },
      { line: 4, raw: '3,Bonn\n', cells: ['3', 'Bonn'] },
    ]);
    const asked = await saidBy(readCsv(bytes, { encoding: 'latin1' }));
    expect(asked[0]).toEqual([2, ['1', 'München, Bayern']]);
    expect(asked[1]).toEqual([3, ['2', 'Köln']]);
  });

  it('reads UTF-16 by its byte-order mark, and keeps its bytes', async () => {
    const bytes = Buffer.from('\ufeffname,note\r\nŁódź,"日本\n😀"\r\n', 'utf16le');
    const reader = readCsv(bytes);
    const header = await reader.open();
    expect(header?.columns).toEqual(['name', 'note']);
    const [entry] = await entriesOf(reader);
    expect(entry).toMatchObject({ line: 2, cells: ['Łódź', '日本\n😀'] });
    expect(latin1(`${header?.raw}${entry?.raw}`)).toEqual(bytes);
  });

  it('finds half a character of UTF-16 in its record', async () => {
    const bytes = Buffer.from('a\nx\ud800y\nz\n', 'utf16le');
    expect(await saidBy(readCsv(bytes, { encoding: 'utf-16le' }))).toEqual([
      [2, { reason: 'there is half a character (a lone surrogate)' }],
      [3, ['z']],
    ]);
  });

  it('keeps the bytes of the header, with its mark', async () => {
    const reader = readCsv(Buffer.from('\ufeff"a",b\r\n1,x\r\n'));
    expect(await reader.open()).toEqual({ columns: ['a', 'b'], raw: '\xef\xbb\xbf"a",b\r\n' });
    expect(await entriesOf(reader)).toEqual([{ line: 2, raw: '1,x\r\n', cells: ['1', 'x'] }]);
  });

  it.each<[title: string, bytes: Buffer, error: object, options?: CsvOptions]>([
    ['is empty', latin1(''), { reason: 'empty', message: 'The source: it is empty; a header was expected.' }],
    ['has empty lines only', latin1('\n\r\n\n'), { reason: 'empty' }],
    ['has a byte-order mark only', latin1('\xef\xbb\xbf'), { reason: 'empty' }],
    [
      'has the same name twice',
      latin1('a,b,a\n1,2,3\n'),
      {
        reason: 'header',
        line: 1,
        message: 'The source, line 1: the header is wrong: columns 1 and 3 have the same name "a".',
      },
    ],
    [
      'has a column without a name',
      latin1('a,,c\n'),
      {
        reason: 'header',
        message: 'The source, line 1: the header is wrong: column 2 of 3 has no name.',
      },
    ],
    ['has a quote within a name', latin1('\na,b"c\n'), { reason: 'header', line: 2 }],
    [
      'has a header that is not UTF-8',
      latin1('stra\xdfe\n1\n'),
      {
        reason: 'encoding',
        line: 1,
        why: expect.stringContaining('byte 0xDF (number 5 of the value)'),
      },
    ],
    [
      'is in UTF-16 of the other order',
      latin1('\xfe\xff\0a'),
      { reason: 'encoding', why: expect.stringContaining('UTF-16BE') },
    ],
    [
      'has a mark that contradicts what was said',
      latin1('\xef\xbb\xbfa\n'),
      { reason: 'encoding' },
      { encoding: 'latin1' },
    ],
    ['ends within a character of UTF-16', latin1('\xff\xfea\0\n\0b'), { reason: 'encoding', line: 2 }],
    [
      'has a quote that is never closed',
      latin1('a,b\n1,2\n3,"4\n5,6\n'),
      {
        reason: 'unclosed-quote',
        line: 3,
        message: 'The source, line 3: a quote in the record that begins here is never closed.',
      },
    ],
    [
      'has a record that is too long',
      latin1('a,b\n1,2\n3,4567\n'),
      { reason: 'record-too-long', line: 3 },
      { maxRecordBytes: 6 },
    ],
    ['is a workbook', latin1('PK\x03\x04\x14\0'), { reason: 'compression', why: expect.stringContaining('Excel') }],
  ])('ends with an error when the file %s', async (...[, bytes, error, options]) => {
    expect(await errorOf(readCsv(bytes, options))).toMatchObject({ code: 'UNO_FILE', retry: 'never', ...error });
  });

  it('gives the records before an error', async () => {
    const seen: unknown[] = [];
    const reader = readCsv([latin1('a,b\n1,2\n'), latin1('3,"4\n')]);
    await expect(
      (async () => {
        for await (const block of reader) seen.push(...block);
      })(),
    ).rejects.toMatchObject({ reason: 'unclosed-quote' });
    expect(seen).toEqual([{ line: 2, raw: '1,2\n', cells: ['1', '2'] }]);
  });

  it('does not read on and on after a quote that is not closed', async () => {
    function* endless() {
      yield latin1('a,b\n1,2\n3,"');
      for (;;) yield Buffer.alloc(100_000, 'x\n');
    }
    expect(await errorOf(readCsv(endless(), { maxRecordBytes: 1_000_000 }))).toMatchObject({
      reason: 'record-too-long',
      line: 3,
      why: expect.stringContaining('1000000 bytes (maxRecordBytes)'),
    });
  });

  it('reads a long record that comes in small pieces', async () => {
    const long = 'x\n'.repeat(2_000_000);
    const [first, second] = await entriesOf(readCsv(Buffer.from(`a\n"${long}"\ny\n`)));
    expect(first).toMatchObject({ line: 2, cells: [long] });
    expect(second).toEqual({ line: 4_000_002 / 2 + 2, raw: 'y\n', cells: ['y'] });
  });

  it.each<[options: object, message: RegExp]>([
    [{ delimeter: ';' }, /^readCsv has no option "delimeter". Known are: .*delimiter/],
    [{ delimiter: '::' }, /delimiter takes one character of ASCII/],
    [{ delimiter: '"' }, /cannot be the same/],
    [{ quote: null, escape: '\\' }, /escape has no meaning/],
    [{ nullText: 'a,b' }, /nullText contains/],
    [{ header: false }, /header takes true, or a list of names/],
    [{ header: ['a', 'a'] }, /all different/],
    [{ encoding: 'utf8' }, /encoding takes one of utf-8, latin1, utf-16le, not "utf8"/],
    [{ maxRecordBytes: 0 }, /maxRecordBytes takes a whole number from 1/],
    [{ gzip: 'yes' }, /gzip takes true, false or 'auto'/],
  ])('refuses the options %j', (options, message) => {
    const refused = expect(() => readCsv('x.csv', options));
    refused.toThrow(ConfigError);
    expect(() => readCsv('x.csv', options)).toThrow(message);
  });
});
