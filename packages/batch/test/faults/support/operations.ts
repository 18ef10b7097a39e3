import type { BatchOperations } from '@uno/batch';
import type { BatchWriteOptions, WithModels, WriteResult } from '@uno/domain';
import type { Parcel, parcels } from './parcels.js';

/** What an operation gives. */
export type Done = WriteResult & Partial<WithModels<typeof parcels>>;

/** An operation as the fault tests see it: how it is called, and what it makes of the rows of its records. */
export interface FaultedOperation {
  readonly name: string;
  /** Whether it may be done again when nobody knows whether it was committed. */
  readonly isIdempotent: boolean;
  /** Whether a chunk is one statement, so that it commits by itself where nothing else is to be committed with it. */
  readonly isOneStatement: boolean;
  /** The weight of the row of a record before, and after; `undefined` where there is no row. */
  before(index: number): number | undefined;
  after(index: number): number | undefined;
  run(on: BatchOperations<typeof parcels>, records: readonly Parcel[], options: BatchWriteOptions): Promise<Done>;
}

const byCode = { constraintColumns: ['code'] } as const;
const none = () => undefined;
const light = () => 0;
const lightWhereOdd = (index: number) => (index % 2 === 1 ? 0 : undefined);
const heavy = (index: number) => 100 + index;
const withoutId = ({ code, weight }: Parcel) => ({ code, weight });

/** A further operation is a further line. */
export const operations: readonly FaultedOperation[] = [
  {
    name: 'batchInsert',
    isIdempotent: false,
    isOneStatement: true,
    before: none,
    after: heavy,
    run: (on, records, options) => on.batchInsert(records, options),
  },
  {
    name: 'batchInsert with models',
    isIdempotent: false,
    isOneStatement: true,
    before: none,
    after: heavy,
    run: (on, records, options) => on.batchInsert(records.map(withoutId), { ...options, returnModels: true }),
  },
  {
    name: 'batchUpdate',
    isIdempotent: true,
    isOneStatement: true,
    before: light,
    after: heavy,
    run: (on, records, options) => on.batchUpdate(records, options),
  },
  {
    name: 'batchUpsert',
    isIdempotent: false,
    isOneStatement: true,
    before: lightWhereOdd,
    after: heavy,
    run: (on, records, options) => on.batchUpsert(records.map(withoutId), { ...options, ...byCode }),
  },
  {
    name: 'batchUpsert with models',
    isIdempotent: false,
    isOneStatement: false,
    before: lightWhereOdd,
    after: heavy,
    run: (on, records, options) =>
      on.batchUpsert(records.map(withoutId), { ...options, ...byCode, returnModels: true }),
  },
  {
    name: 'batchDelete',
    isIdempotent: false,
    isOneStatement: true,
    before: light,
    after: none,
    run: (on, records, options) =>
      on.batchDelete(
        records.map(({ id }) => id),
        options,
      ),
  },
];
