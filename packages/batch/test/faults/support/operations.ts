import type { BatchOperations, ExecuteSqlTotals } from '@uno/batch';
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
  /** Whether the observers are told that any row may be different, as nobody knows which are. */
  readonly tellsOfAll?: true;
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
  {
    name: 'batchExecuteSql',
    isIdempotent: false,
    isOneStatement: true,
    tellsOfAll: true,
    before: none,
    after: heavy,
    run: async (on, records, options) => {
      const sql = 'insert into parcel (id, code, weight) values ($1, $2, $3)';
      const sets = records.map(({ id, code, weight }) => [id, code, weight]);
      return doneOf('inserted', await on.batchExecuteSql(sql, sets, { ...options, returnRows: false }));
    },
  },
  {
    name: 'batchExecuteSql of what may be done twice',
    isIdempotent: true,
    isOneStatement: true,
    tellsOfAll: true,
    before: light,
    after: heavy,
    run: async (on, records, options) => {
      const sql = 'update parcel set weight = $2 where id = $1 returning code';
      const sets = records.map(({ id, weight }) => [id, weight]);
      const { results, ...totals } = await on.batchExecuteSql<Parcel>(sql, sets, { ...options, idempotent: true });
      const codes = records.map(({ code }, i) => [code, results[i]?.rows[0]?.code]);
      const swapped = codes.find(([code, returned]) => returned !== undefined && returned !== code);
      if (swapped !== undefined) throw new Error(`the result of ${swapped[0]} is that of ${swapped[1]}`);
      return doneOf('updated', totals);
    },
  },
];

function doneOf(what: 'inserted' | 'updated', { total, failed, affected, failures }: ExecuteSqlTotals): Done {
  const none = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, skipped: 0, individually: 0 };
  return { ...none, total, failed, failures, [what]: affected };
}
