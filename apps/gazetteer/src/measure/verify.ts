/** The database says something else than it should after a step. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
}

/** @throws VerificationError unless both are the same */
export function verify(what: string, expected: number, actual: number): void {
  if (expected === actual) return;
  throw new VerificationError(`Verification failed: ${what} should be ${expected}, and is ${actual}.`);
}
