/**
 * Fewer rows came back than keys were sent, and the keys are of a type of which several texts mean the same value: some
 * may have meant one row, of which PostgreSQL then took one at will. Smaller pieces cure it.
 */
export class AmbiguousKeysError extends Error {
  override readonly name = 'AmbiguousKeysError';
}
