import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@uno/postgres';
import { formatOf, readFile } from '../src/index.js';

describe('the name of a file', () => {
  it.each<[name: string, expected: unknown]>([
    ['cities.csv', { format: 'csv', delimiter: ',' }],
    ['/data/2026.11/CITIES.TSV', { format: 'csv', delimiter: '\t' }],
    ['cities.csv.gz', { format: 'csv', delimiter: ',' }],
    ['cities.ndjson', { format: 'ndjson' }],
    ['cities.jsonl.gz', { format: 'ndjson' }],
    ['cities.json', { format: 'json' }],
    ['cities.xlsx', undefined],
    ['cities.gz', undefined],
    ['csv', undefined],
    ['cities.csv.bak', undefined],
    ['.constructor', undefined],
  ])('%s says %j', (name, expected) => {
    expect(formatOf(name)).toEqual(expected);
  });

  it('chooses how it is read', () => {
    expect(readFile('a.tsv').format).toBe('csv');
    expect(readFile(new URL('file:///a.jsonl.gz')).format).toBe('ndjson');
    expect(readFile('a.json', { numbers: 'rounded' }).format).toBe('json');
  });

  it('has to say a format, whose options only are taken', () => {
    expect(() => readFile('a.txt')).toThrow(ConfigError);
    expect(() => readFile('a.txt')).toThrow('.csv, .tsv, .ndjson, .jsonl, .json');
    expect(() => readFile('a.json', { delimiter: ';' })).toThrow('no option "delimiter"');
  });
});
