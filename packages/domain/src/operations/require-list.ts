import { kindOf, ValidationError } from '@uno/postgres';

/**
 * A copy of what a caller gave as a list, so that adding to it or taking from it meanwhile changes nothing; holes in it
 * are `undefined`.
 *
 * @throws ValidationError when it is no array
 */
export function requireList<T>(operation: string, list: readonly T[]): T[] {
  if (Array.isArray(list)) return Array.from<T>(list);
  throw new ValidationError(`${operation} takes an array, not ${kindOf(list)}.`);
}
