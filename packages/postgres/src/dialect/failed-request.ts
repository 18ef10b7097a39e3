const positions = new WeakMap<object, number>();

/** Notes of an error at which request of a flight it came, and gives the error. */
export function noteFailedRequest(error: unknown, position: number | undefined): unknown {
  if (typeof error !== 'object' || error === null) return error;
  if (position === undefined) positions.delete(error);
  else positions.set(error, position);
  return error;
}

/**
 * The position, from 0, of the request that a flight has failed at; as many as there were when all have succeeded and
 * what was refused is their COMMIT, as by a deferred constraint. `undefined` for an error that came at none, such as a
 * lost connection, and for one that is not of `executeTogether`.
 */
export function failedRequest(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null ? positions.get(error) : undefined;
}
