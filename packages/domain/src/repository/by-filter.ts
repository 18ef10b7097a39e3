import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { KeyOf } from '../mapping/inferred-types.js';
import type { Filters } from '../query/filter.js';

/** Rows that a filter finds, where a key could stand too. */
export interface ByFilter<M extends AnyMapping> {
  readonly filters: Filters<M>;
}

/** Tells a filter from a key: one of several fields is an object, too, and one of them may be called `filters`. */
export function isByFilter<M extends AnyMapping>(mapping: M, which: KeyOf<M> | ByFilter<M>): which is ByFilter<M> {
  if (typeof which !== 'object' || which === null || !Object.hasOwn(which, 'filters')) return false;
  return mapping.keyFields.every(({ property }) => property !== 'filters');
}
