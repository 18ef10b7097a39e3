import type { AnyMapping, TextRow } from './entity-mapping.js';
import type { Loaded } from './inferred-types.js';
import type { KeyTexts } from './key.js';

/** An entity from a row, without relations. */
export function hydrateLoaded<M extends AnyMapping>(mapping: M, row: TextRow): Loaded<M> {
  // `hydrate` of the generic M is seen as giving an object; without relations, Loaded<M> is just M's entity.
  return mapping.hydrate(row) as Loaded<M>;
}

/** The texts of a row's key. */
export function keyOfRow(mapping: AnyMapping, row: TextRow): KeyTexts {
  return mapping.keyFields.map((field) => row[field.position] ?? '');
}
