import { describe, expect, it } from '@jest/globals';
import { type BatchPlan, describePlan } from '@uno/batch';

const plan: BatchPlan = {
  operation: 'batchInsert',
  table: 'crate',
  records: 2_017,
  strategy: {
    name: 'parallel',
    why: 'the call says parallel: true',
    runs: 'in order',
    whyInOrder: 'there is one connection',
  },
  sets: { oneByOne: 1, why: 'one row needs no lining up' },
  chunks: {
    count: 3,
    sizes: [1_000, 1_000, 15],
    cutBy: 'batchSize: 1000',
    folded: 1,
    refused: [{ index: 7, key: 'k', code: 'UNO_VALIDATION', message: 'It is none.' }],
  },
  statements: [
    {
      when: 'before',
      way: 'aside',
      why: 'it is done once, before the records',
      sql: 'create',
      parameters: 0,
      times: 1,
      records: 0,
      positions: [],
      onlyIf: null,
    },
    {
      when: 'chunk',
      way: 'unnest',
      why: 'it was asked for',
      sql: 'insert',
      parameters: 1,
      times: 3,
      records: 2_016,
      positions: [
        { first: 0, last: 6 },
        { first: 8, last: 8 },
      ],
      onlyIf: null,
    },
    {
      when: 'chunk',
      way: 'aside',
      why: 'it is looked',
      sql: 'select',
      parameters: 2,
      times: 0,
      records: null,
      positions: [],
      onlyIf: 'rows are there',
    },
  ],
  connections: { most: 1, poolSize: 4 },
  transactions: { count: 0, alone: 0, joined: true, savepoints: 4, isolation: "that of the caller's transaction" },
  roundTrips: 12,
  onFailure: {
    rollsBack: 'everything',
    onRecordError: 'skip',
    maxFailures: null,
    search: 'halving',
    mostAttempts: 20,
    retries: { most: 0, unit: 'nothing', codes: [] },
    fallsBack: true,
    says: ['It fails.'],
  },
  notes: ['It is noted.'],
};

describe('the text of a plan', () => {
  it('says everything that is known', () => {
    expect(describePlan(plan)).toBe(
      [
        'batchInsert on crate: 2017 records',
        'strategy: parallel, because the call says parallel: true; chunks go in order, because there is one connection',
        'chunks: 3, by batchSize: 1000; of 2 × 1000, 15 records; 1 record made one with another; record 7 (key k) left out: UNO_VALIDATION, It is none.',
        'sets: 1 record goes by itself, because one row needs no lining up',
        "transactions: none but the caller's; savepoints: 4",
        'connections: 1 at most of 4 in the pool',
        'round trips: 12',
        'statements:',
        '  before the chunks, aside, once, 0 parameters, because it is done once, before the records:',
        '    create',
        '  unnest, 3 times for 2016 records (0-6, 8), 1 parameter, because it was asked for:',
        '    insert',
        '  aside, only if rows are there, 2 parameters, because it is looked:',
        '    select',
        'on failure:',
        '  It fails.',
        'notes:',
        '  It is noted.',
      ].join('\n'),
    );
  });

  it('says what is not known', () => {
    const text = describePlan({
      ...plan,
      records: null,
      sets: { oneByOne: null, why: 'nothing keeps them' },
      chunks: { count: null, sizes: null, cutBy: 'batchSize: 10', folded: null, refused: [] },
      statements: [],
      connections: { most: null, poolSize: null },
      transactions: { count: null, alone: null, joined: false, savepoints: null, isolation: "the database's default" },
      roundTrips: null,
      notes: [],
    });
    expect(text.split('\n')).toEqual([
      'batchInsert on crate: records of unknown number',
      'strategy: parallel, because the call says parallel: true; chunks go in order, because there is one connection',
      'chunks: of unknown number, by batchSize: 10',
      'sets: nothing keeps them',
      "transactions: an unknown number, isolation: the database's default; savepoints: unknown; statements that commit by themselves: unknown",
      'connections: unknown',
      'round trips: unknown',
      'statements:',
      '  none that are known',
      'on failure:',
      '  It fails.',
    ]);
  });
});
