/** What went wrong, as a value to compare with; the message is for people and may change. */
export type TestServerErrorCode =
  /** An option contradicts another one or has a value that is not allowed. */
  | 'invalid-option'
  /** No PostgreSQL binaries were found for the wanted source. */
  | 'binaries-missing'
  /** There are binaries, and they do not run on this machine or for this user. */
  | 'binaries-unusable'
  /** PostgreSQL refuses to run as root, and there is no other user to run it as. */
  | 'no-server-user'
  /** The server was launched and did not become ready. */
  | 'start-failed'
  /** Only servers launched here, from embedded or installed binaries, can be restarted. */
  | 'restart-unsupported'
  /** The server did not end, or did not come back. */
  | 'restart-failed'
  /** A server that should be there does not answer or does not let us in. */
  | 'connection-failed'
  /** The role lacks the right to create databases. */
  | 'create-database-denied'
  | 'create-database-failed'
  | 'drop-database-failed'
  /** The server has been stopped already. */
  | 'stopped'
  /** Something may have been left behind; the message says what. */
  | 'cleanup-failed'
  /** The process that cleans up is gone. */
  | 'reaper-failed'
  /** `createTestDatabase` was called outside of a test run that has a server. */
  | 'no-test-server'
  /** A fault of a fault proxy was removed before it met its message. */
  | 'fault-not-fired';

/**
 * The one error of this package. Its message says what was attempted, what happened and what to do; it never holds a
 * password.
 */
export class TestServerError extends Error {
  override readonly name = 'TestServerError';
  readonly code: TestServerErrorCode;

  constructor(code: TestServerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything thrown; the several attempts behind one failed connection are joined. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node and pg put on their errors, or `undefined`. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
