import {
  type AnyMapping,
  type BatchWriteOptions,
  callback,
  flag,
  isMapping,
  type OptionRules,
  type WriteKind,
  writeOptionRules,
} from '@uno/domain';

/**
 * A value for a parameter: what `pg` takes. Dates, arrays and documents become text as `pg` makes it, bytes travel as they
 * are. `undefined` is none: say `null`.
 */
export type SqlParameter = string | number | bigint | boolean | object | null;

/** Options of `batchExecuteSql`. */
export interface BatchExecuteSqlOptions extends BatchWriteOptions {
  /** `false` gives totals only, and keeps no rows: for streams of many sets. Default `true`. */
  readonly returnRows?: boolean | undefined;
  /**
   * Whether the statement may write, which the observers of writes are told of. `false` is a promise: nobody is told, and a
   * call whose connection was lost is repeated. If not said, PostgreSQL is asked whether a SELECT has written, and
   * everything else is taken to.
   */
  readonly writes?: boolean | undefined;
  /** The mappings of all tables that it writes, for the observers; the one of these operations if not said. */
  readonly tables?: readonly AnyMapping[] | undefined;
  /** What it does to their rows, for the observers; `update` or `delete` if it begins with that, else `upsert`. */
  readonly kind?: WriteKind | undefined;
  /** Whether to do a set twice comes to the same, so that it is repeated when nobody knows whether it was committed. */
  readonly idempotent?: boolean | undefined;
  /** A text that names a set in errors. Under `parallel`, sets with the same text are never done side by side. */
  readonly keyOf?: ((parameters: readonly SqlParameter[]) => string) | undefined;
}

const kinds: ReadonlySet<unknown> = new Set<WriteKind>(['insert', 'update', 'upsert', 'delete']);

export const executeSqlRules: OptionRules<BatchExecuteSqlOptions> = {
  ...writeOptionRules,
  returnRows: flag,
  writes: flag,
  tables: { takes: 'a list of mappings', allows: (value) => Array.isArray(value) && value.every(isMapping) },
  kind: { takes: `one of ${[...kinds].join(', ')}`, allows: (value) => kinds.has(value) },
  idempotent: flag,
  keyOf: callback,
};
