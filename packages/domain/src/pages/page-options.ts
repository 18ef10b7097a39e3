import type { AnyMapping } from '../mapping/entity-mapping.js';
import { type OptionRule, type OptionRules, wholeNumberFrom } from '../operations/option-rules.js';
import type { Filters, OrderBy } from '../query/filter.js';
import type { CheckedLoad, LoadRelations } from '../relations/load-relations.js';
import { streamRules } from '../stream/stream-options.js';

/** Options of `page`. */
export interface PageOptions<M extends AnyMapping, L extends LoadRelations<M>> {
  /** Which rows; the same on every page. */
  readonly filters?: Filters<M> | undefined;
  /** The order, the same on every page; ties are broken by the key, in the direction of the last field. */
  readonly orderBy?: readonly OrderBy<M>[] | undefined;
  /** Items of a page at most, from 1. */
  readonly limit: number;
  /** The `next` of a page: what comes after it. */
  readonly after?: string | undefined;
  /** The `previous` of a page: what comes before it. */
  readonly before?: string | undefined;
  /** Relations to load too. */
  readonly loadRelations?: CheckedLoad<M, L> | undefined;
}

/** Some of the rows that a filter finds. */
export interface Page<T> {
  /** In the order asked for, whether one goes forwards or backwards. */
  readonly items: T[];
  /** The cursor for `after`; `undefined` where no row comes after these. */
  readonly next: string | undefined;
  /** The cursor for `before`; `undefined` on the first page, and where no row comes before these. */
  readonly previous: string | undefined;
}

/** The same for code that works on all mappings. */
export interface PageCall {
  readonly filters?: object | undefined;
  readonly orderBy?: readonly unknown[] | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

const cursor: OptionRule = { takes: 'the cursor of a page', allows: (value) => typeof value === 'string' };

export const pageRules: OptionRules<PageCall & { readonly loadRelations?: unknown }> = {
  filters: streamRules.filters,
  orderBy: streamRules.orderBy,
  limit: wholeNumberFrom(1),
  after: cursor,
  before: cursor,
  loadRelations: streamRules.loadRelations,
};
