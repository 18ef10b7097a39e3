/**
 * Several records of one statement mean the same row although their keys have different texts; PostgreSQL would take one
 * of them at will. Smaller pieces cure it.
 */
export class AmbiguousKeysError extends Error {
  override readonly name = 'AmbiguousKeysError';
}
