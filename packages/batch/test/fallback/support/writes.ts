import type { BatchOperations, BatchWriteCall } from '@uno/batch';
import type { NewRecord } from '@uno/domain';
import { someTowns, type towns } from '../../support/town.js';

type Operations = BatchOperations<typeof towns>;

/** A write of 30 towns, or of a few more records about them. */
export interface Write {
  readonly name: string;
  /** Towns that are there before. */
  readonly seed: readonly NewRecord<typeof towns>[];
  run(operations: Operations, options?: BatchWriteCall): Promise<object>;
}

/** Thirty towns with the ids from 100 to 129 and a population from 0 to 29. */
export const thirty = someTowns(30).map((town, i) => ({ ...town, id: 100 + i }));
const everySecond = thirty.filter((_, i) => i % 2 === 0).map((town) => ({ ...town, population: -1 }));
const byName = { constraintColumns: ['country', 'name'] } as const;

/** Every kind of write, with records of different shapes and, where that makes sense, of one row or of none. */
export const writes: readonly Write[] = [
  {
    name: 'batchInsert',
    seed: [],
    run: (operations, options) => operations.batchInsert(mixed(thirty), { ...options, outcomes: true }),
  },
  {
    name: 'batchInsert with entities',
    seed: [],
    run: (operations, options) =>
      operations.batchInsert(mixed(thirty), { ...options, outcomes: true, returnModels: true }),
  },
  {
    name: 'batchUpdate',
    seed: thirty,
    run: (operations, options) =>
      operations.batchUpdate(
        [...mixed(thirty).map((town) => ({ ...town, name: `new ${town.name}` })), { id: 7, population: 12 }],
        { ...options, outcomes: true },
      ),
  },
  {
    name: 'batchUpdate of some fields',
    seed: thirty.map((town) => ({ ...town, name: `old ${town.name}` })),
    run: (operations, options) =>
      operations.batchUpdate(
        thirty.map((town) => ({ ...town, country: 'XX' })),
        { ...options, fields: ['name'], outcomes: true },
      ),
  },
  {
    name: 'batchUpdate of rows that come twice',
    seed: thirty,
    run: (operations, options) =>
      operations.batchUpdate(
        thirty.flatMap((town, i) => [
          { id: town.id, name: `first ${i}`, population: town.population },
          { id: town.id, name: `second ${i}` },
        ]),
        { ...options, outcomes: true },
      ),
  },
  {
    name: 'batchUpsert',
    seed: everySecond,
    run: (operations, options) => operations.batchUpsert(mixed(thirty), { ...options, ...byName, outcomes: true }),
  },
  {
    name: 'batchUpsert with entities',
    seed: everySecond,
    run: (operations, options) =>
      operations.batchUpsert(mixed(thirty), { ...options, ...byName, outcomes: true, returnModels: true }),
  },
  {
    name: 'batchUpsert that writes one column of what is there',
    seed: everySecond,
    run: (operations, options) =>
      operations.batchUpsert(
        thirty.map((town) => ({ ...town, notes: { not: 'written' } })),
        { ...options, ...byName, updateColumns: ['population'], outcomes: true, returnModels: true },
      ),
  },
  {
    name: 'batchUpsert of what is there already',
    seed: thirty,
    run: (operations, options) =>
      operations.batchUpsert(
        thirty.map((town, i) => (i % 3 === 0 ? { ...town, notes: [i] } : town)),
        { ...options, ...byName, outcomes: true, returnModels: true },
      ),
  },
  {
    name: 'batchUpsert of rows that come twice',
    seed: everySecond,
    run: (operations, options) =>
      operations.batchUpsert(
        thirty.flatMap((town, i) => [town, { name: town.name, country: town.country, notes: [i] }]),
        { ...options, ...byName, outcomes: true, returnModels: true },
      ),
  },
  {
    name: 'batchDelete',
    seed: thirty,
    run: (operations, options) =>
      operations.batchDelete([...thirty.map(({ id }) => id), 7, 115], { ...options, outcomes: true }),
  },
];

/** The same towns, every third with one column more. */
function mixed<T extends object>(records: readonly T[]): (T & { notes?: string[] })[] {
  return records.map((record, i) => (i % 3 === 0 ? { ...record, notes: [`${i}`] } : record));
}
