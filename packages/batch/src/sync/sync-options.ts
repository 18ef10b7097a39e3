import {
  type AnyMapping,
  type BatchWriteOptions,
  type CallDefaults,
  type Filters,
  flag,
  type OptionRules,
  oneOf,
  resolveCall,
  type UpdatableField,
  type WriteResult,
  writeOptionRules,
} from '@uno/domain';
import { ConfigError } from '@uno/postgres';

/** So many rows at most: a number of them, or a fraction of those that the part had before, from 0 to 1. */
export type DeletionLimit = number | { readonly fraction: number };

/** Options of `batchSync`, which is always one transaction, on one connection. */
export interface BatchSyncOptions<M extends AnyMapping> extends Omit<BatchWriteOptions, 'atomicity' | 'parallel'> {
  readonly strategy?: 'single_query' | 'chunked' | 'pipelined' | 'optimistic' | undefined;
  /** The part of the table that is to be equal to the source; the whole table if not said. */
  readonly filters?: Filters<M> | undefined;
  /** What to write to a row that is there; all other fields of the records if not said, nothing if empty. */
  readonly updateColumns?: readonly UpdatableField<M>[] | undefined;
  /** When more rows than this are missing in the source, nothing is written. No limit if not said. */
  readonly maxDeletions?: DeletionLimit | undefined;
  /** `true` does everything, counts, and takes it back. */
  readonly dryRun?: boolean | undefined;
  /** `true` takes a source without any record at its word, and deletes all rows. */
  readonly allowEmpty?: boolean | undefined;
  /** `true` gives what became of every record, too. */
  readonly outcomes?: boolean | undefined;
}

/**
 * The totals of a sync. `inserted`, `updated`, `unchanged`, `skipped` and `failed` are records of the source and add up to
 * `total`; `deleted` are rows that have no record there, and stand beside them.
 */
export interface SyncResult extends WriteResult {
  /** Rows that were missing in the source. */
  readonly deleted: number;
  /** Whether all of it was only tried, and taken back. */
  readonly dryRun: boolean;
}

type SyncRules = OptionRules<BatchSyncOptions<AnyMapping>>;

const { atomicity: _, parallel: __, ...rules } = writeOptionRules;
const syncRules: SyncRules = {
  ...rules,
  strategy: oneOf('single_query', 'chunked', 'pipelined', 'optimistic'),
  filters: { takes: 'a filter', allows: (value) => typeof value === 'object' && value !== null },
  updateColumns: { takes: 'a list of fields', allows: (value) => Array.isArray(value) },
  maxDeletions: {
    takes: 'a whole number from 0, or { fraction } from 0 to 1',
    allows: (value) => isLimit(value),
  },
  dryRun: flag,
  allowEmpty: flag,
  outcomes: flag,
};

function isLimit(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'fraction') return false;
  const fraction: unknown = Reflect.get(value, 'fraction');
  return typeof fraction === 'number' && fraction >= 0 && fraction <= 1;
}

/**
 * The options of one call, checked, over the defaults. What is configured for other writes and would be several
 * transactions is `chunked` here.
 *
 * @throws ConfigError for an option that is unknown, has a value that it does not take, or contradicts another
 */
export function resolveSync<M extends AnyMapping>(
  defaults: CallDefaults,
  options: BatchSyncOptions<M>,
): Readonly<Partial<BatchSyncOptions<M>>> {
  if (typeof options === 'object' && options !== null) checkAsked(options);
  const strategy = defaults.strategy === 'parallel' ? 'chunked' : defaults.strategy;
  return resolveCall('batchSync', syncRules, { ...defaults, strategy }, options);
}

function checkAsked(options: object): void {
  const said = new Map<string, unknown>(Object.entries(options));
  const isInParts = said.get('parallel') === true || said.get('strategy') === 'parallel';
  if (isInParts || said.get('atomicity') === 'chunk') {
    throw new ConfigError(
      "batchSync is one transaction: it takes neither parallel nor atomicity: 'chunk', since what is missing in the source is known only at its end.",
    );
  }
  if (said.has('filters') && said.get('filters') === undefined) {
    throw new ConfigError(
      'batchSync: filters is undefined, which would mean the whole table. Leave it out, or say {}, if it is meant.',
    );
  }
}
