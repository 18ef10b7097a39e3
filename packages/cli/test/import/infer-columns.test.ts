import { describe, expect, it } from '@jest/globals';
import { inferColumns } from '../../src/import/infer-columns.js';

const cells = (values: readonly (string | null)[]) => values.map((value) => ({ line: 1, raw: '', cells: [value] }));

describe('the type of a column that is to be created', () => {
  it.each<[string, (string | null)[]]>([
    ['integer', ['1', '-2', null, '2147483647']],
    ['bigint', ['1', '2147483648']],
    ['numeric', ['1', '2.50']],
    ['numeric', ['9223372036854775808']],
    ['double precision', ['1', '2e10', 'NaN']],
    ['boolean', ['true', 'F']],
    ['date', ['2026-02-28', null]],
    ['text', ['2026-02-30']],
    ['timestamptz', ['2026-02-28T10:00:00Z', '2026-02-28 10:00:00.5+01']],
    ['timestamp', ['2026-02-28 10:00']],
    ['uuid', ['123e4567-e89b-12d3-a456-426614174000']],
    ['text', ['007', '1']],
    ['text', ['1', 'one']],
    ['text', [null, null]],
    ['text', ['']],
  ])('is %s of %j', (type, values) => {
    expect(inferColumns(['x'], cells(values))).toEqual([{ name: 'x', type }]);
  });

  it('is of all members that documents have', () => {
    const documents = [
      { a: 1, b: { c: 1 } },
      { a: 2n ** 40n, d: true },
      { d: null, e: [1] },
    ];
    const entries = documents.map((document) => ({ line: 1, raw: '', document }));
    expect(inferColumns(undefined, entries)).toEqual([
      { name: 'a', type: 'bigint' },
      { name: 'b', type: 'jsonb' },
      { name: 'd', type: 'boolean' },
      { name: 'e', type: 'jsonb' },
    ]);
  });
});
