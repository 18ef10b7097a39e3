import { describe, expect, it } from '@jest/globals';
import { recommendationsFor } from '../../../src/advice/recommendation.js';
import type { IndexFacts, ReferenceFacts } from '../../../src/advice/table-catalogue.js';
import { evidenceOf, type Findings, keyIndex } from '../support/evidence.js';

const said = (findings: Findings) => recommendationsFor(evidenceOf(findings));

describe('missing_index', () => {
  const reading: Findings = { calls: [{ operation: 'batchGet', strategy: 'chunked' }] };
  const without: Findings = { ...reading, catalogue: { indexes: [] } };

  it('says which columns rows were looked for by, in how large a table, and what would help', () => {
    expect(said(without)).toMatchObject([
      {
        code: 'missing_index',
        table: 'crate',
        evidence: { columns: ['id'], rows: 100_000, bytes: 10_000_000, seqScans: 10, lookups: 100, refused: 0 },
        change: { sql: 'CREATE INDEX CONCURRENTLY ON "crate" ("id")' },
        savesMs: 800,
      },
    ]);
  });

  it('does not take a partial index, or one of another kind, for one of the key', () => {
    const partial = { ...keyIndex, isFinder: false };
    expect(said({ ...without, catalogue: { indexes: [partial] } })).toMatchObject([{ code: 'missing_index' }]);
  });

  it('leaves CONCURRENTLY out where PostgreSQL cannot do it', () => {
    expect(said({ ...without, catalogue: { indexes: [], kind: 'p' } })).toMatchObject([
      { change: { sql: 'CREATE INDEX ON "crate" ("id")' } },
    ]);
  });

  it('says that an upsert was refused, whatever the size of the table', () => {
    const conflictColumns = [{ operation: 'batchUpsert', columns: ['label', 'id'], calls: 1, refused: 1 }];
    expect(said({ statistics: { conflictColumns }, catalogue: { rows: 0 } })).toMatchObject([
      {
        operation: 'batchUpsert',
        evidence: { columns: ['label', 'id'], refused: 1 },
        change: { sql: 'CREATE UNIQUE INDEX CONCURRENTLY ON "crate" ("label", "id")' },
      },
    ]);
  });

  it.each<[string, Findings]>([
    ['there is an index', reading],
    ['one begins with a column of the key', { ...reading, catalogue: { indexes: [{ ...keyIndex, isUnique: false }] } }],
    ['the table is small', { ...without, catalogue: { indexes: [], rows: 9999 } }],
    ['it is a view', { ...without, catalogue: { indexes: [], kind: 'v' } }],
    ['rows were looked for a few times', { ...without, calls: [{ operation: 'batchGet', chunks: 4, answers: 4 }] }],
    ['rows were not looked for', { calls: [{}], catalogue: { indexes: [] } }],
    [
      'an upsert was not refused',
      { statistics: { conflictColumns: [{ operation: 'batchUpsert', columns: ['label'], calls: 9, refused: 0 }] } },
    ],
    [
      'the index is there by now',
      { statistics: { conflictColumns: [{ operation: 'batchUpsert', columns: ['id'], calls: 9, refused: 1 }] } },
    ],
  ])('is silent where %s', (_, findings) => {
    expect(said(findings)).toEqual([]);
  });
});

describe('missing_foreign_key_index', () => {
  const reference: ReferenceFacts = {
    ...{ constraint: 'item_crate_fkey', table: 'public."Item"', columns: ['crate_id'] },
    ...{ isIndexed: false, isPartitioned: false, rows: 1000, bytes: 80_000, seqScans: 1000 },
  };
  const deleting = { calls: [{ operation: 'batchDelete', successful: 1000 }] };

  it('says which table was scanned for each row that was deleted', () => {
    expect(said({ ...deleting, catalogue: { references: [reference] } })).toMatchObject([
      {
        code: 'missing_foreign_key_index',
        operation: 'batchDelete',
        evidence: { constraint: 'item_crate_fkey', referencingTable: 'public."Item"', rows: 1000, deleted: 1000 },
        change: { sql: 'CREATE INDEX CONCURRENTLY ON public."Item" ("crate_id")' },
        savesMs: 800,
      },
    ]);
  });

  it.each<[string, Findings]>([
    ['it is indexed', { ...deleting, catalogue: { references: [{ ...reference, isIndexed: true }] } }],
    ['few rows were scanned', { ...deleting, catalogue: { references: [{ ...reference, rows: 999 }] } }],
    ['nothing was deleted', { catalogue: { references: [reference] } }],
  ])('is silent where %s', (_, findings) => {
    expect(said(findings)).toEqual([]);
  });
});

describe('unused_index', () => {
  const unused: IndexFacts = {
    ...keyIndex,
    ...{ name: 'public.crate_label', columns: ['label'], isUnique: false, isDispensable: true, scans: 0 },
    definition: 'CREATE INDEX crate_label ON public.crate USING btree (label)',
  };
  const indexes = [keyIndex, unused];

  it('says how much it has to take, and how often other ones were read', () => {
    expect(said({ catalogue: { indexes } })).toMatchObject([
      {
        code: 'unused_index',
        evidence: {
          ...{ index: 'public.crate_label', bytes: 3_000_000, scans: 0, tableScans: 5010, statisticsMs: 86_400_000 },
          ...{ indexes: 2, inserted: 100_000, insertingMs: 800 },
        },
        change: { sql: 'DROP INDEX CONCURRENTLY public.crate_label', undo: unused.definition },
        savesMs: 800 / 3,
      },
    ]);
  });

  it.each<[string, Findings]>([
    ['it was read', { catalogue: { indexes: [keyIndex, { ...unused, scans: 1 }] } }],
    ['it holds something together', { catalogue: { indexes: [keyIndex, { ...unused, isDispensable: false }] } }],
    ['the table was hardly read', { catalogue: { indexes: [{ ...keyIndex, scans: 80 }, unused] } }],
    ['little was inserted', { calls: [{ inserted: 9999 }], catalogue: { indexes } }],
    ['rows were updated', { calls: [{ operation: 'batchUpdate', inserted: 0 }], catalogue: { indexes } }],
  ])('is silent where %s', (_, findings) => {
    expect(said(findings)).toEqual([]);
  });
});

describe('unchanged_rows_written', () => {
  const rewritten = [{ operation: 'batchUpdate', sampled: 500, unchanged: 400 }];
  const updating = { calls: [{ operation: 'batchUpdate' }] };

  it('says how many rows of a sample were as asked', () => {
    expect(said({ ...updating, statistics: { rewritten } })).toMatchObject([
      {
        code: 'unchanged_rows_written',
        operation: 'batchUpdate',
        evidence: { sampled: 500, unchanged: 400, share: 0.8, records: 100_000 },
        change: { option: 'skipUnchanged', from: false, to: true },
        savesMs: 640,
      },
    ]);
  });

  it.each<[string, Findings]>([
    ['most rows changed', { statistics: { rewritten: [{ operation: 'batchUpdate', sampled: 500, unchanged: 99 }] } }],
    ['few were looked at', { statistics: { rewritten: [{ operation: 'batchUpdate', sampled: 99, unchanged: 99 }] } }],
    ['triggers may need it', { statistics: { rewritten }, catalogue: { hasUpdateTriggers: true } }],
  ])('is silent where %s', (_, findings) => {
    expect(said({ ...updating, ...findings })).toEqual([]);
  });
});

describe('repeated_reads', () => {
  const reading = { calls: [{ operation: 'batchGet' }] };

  it('says how many keys had been read before, and not been written since', () => {
    expect(said({ ...reading, statistics: { reads: { keys: 1000, repeated: 600, written: 100 } } })).toMatchObject([
      {
        code: 'repeated_reads',
        operation: 'batchGet',
        evidence: { keys: 1000, repeated: 600, written: 100, share: 0.5 },
        change: { option: 'useCache', from: false, to: true },
        savesMs: 500,
      },
    ]);
  });

  it.each([
    ['few keys were read', { keys: 999, repeated: 900, written: 0 }],
    ['most keys were new', { keys: 1000, repeated: 299, written: 0 }],
    ['rows were written as often', { keys: 1000, repeated: 900, written: 700 }],
  ])('is silent where %s', (_, reads) => {
    expect(said({ ...reading, statistics: { reads } })).toEqual([]);
  });
});
