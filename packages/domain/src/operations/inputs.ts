import { asBatchError } from '../errors/batch-error.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { encodeEntityKey, encodeKey, type KeyTexts, keyText } from '../mapping/key.js';
import { requireList } from './require-list.js';

/**
 * The texts of the keys of a call.
 *
 * @throws BatchError that names the first one that is no key
 */
export function encodeKeys(mapping: AnyMapping, operation: string, keys: readonly unknown[]): KeyTexts[] {
  return requireList(operation, keys).map((key, index) => {
    try {
      return encodeKey(mapping, key, index);
    } catch (error) {
      throw asBatchError(error, { operation, entity: mapping.name, total: keys.length, index, key: undefined });
    }
  });
}

/** The key of a record as the caller gave it, for messages; `undefined` where it has none. */
export function keyOfInput(mapping: AnyMapping, record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  try {
    return keyText(encodeEntityKey(mapping, record));
  } catch {
    // That it has no key, or none that can be read, is told by whoever writes it.
    return undefined;
  }
}

/** The same for a key as the caller gave it. */
export function keyOfKey(mapping: AnyMapping, key: unknown): string | undefined {
  try {
    return keyText(encodeKey(mapping, key));
  } catch {
    // It is no key, which is what the message is about.
    return undefined;
  }
}
