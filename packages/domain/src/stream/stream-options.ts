import type { AnyMapping } from '../mapping/entity-mapping.js';
import { callOptionRules, type OptionRules, wholeNumberFrom } from '../operations/option-rules.js';
import type { Filters, OrderBy } from '../query/filter.js';
import type { CheckedLoad, LoadRelations } from '../relations/load-relations.js';

/** Options of `stream`. */
export interface StreamOptions<M extends AnyMapping, L extends LoadRelations<M>> {
  readonly filters?: Filters<M> | undefined;
  readonly orderBy?: readonly OrderBy<M>[] | undefined;
  /** Rows that are read, and kept in memory, at a time, from 1. Default 1000. */
  readonly chunkSize?: number | undefined;
  /** Relations to load too, once for each chunk. */
  readonly loadRelations?: CheckedLoad<M, L> | undefined;
  /** Aborted, it ends the loop with a CanceledError, closes the cursor and gives the connection back. */
  readonly signal?: AbortSignal | undefined;
}

/** The same for code that works on all mappings. */
export interface StreamCall {
  readonly filters?: object | undefined;
  readonly orderBy?: readonly unknown[] | undefined;
  readonly chunkSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const streamRules: OptionRules<StreamCall & { readonly loadRelations?: unknown }> = {
  filters: { takes: 'a filter', allows: (value) => typeof value === 'object' },
  orderBy: { takes: 'a list of fields', allows: (value) => Array.isArray(value) },
  chunkSize: wholeNumberFrom(1),
  // Which there may be is for the mapping to say.
  loadRelations: {
    takes: 'names of relations, a tree of them, or true',
    allows: (value) => value === true || (typeof value === 'object' && value !== null),
  },
  signal: callOptionRules.signal,
};
