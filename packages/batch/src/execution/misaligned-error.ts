/**
 * Rows came back that cannot be told apart or lined up with their records, because a trigger dropped some or changed
 * their keys. Smaller pieces cure it: a statement of one record has one row.
 */
export class MisalignedError extends Error {
  override readonly name = 'MisalignedError';
}
