/** How long the server has to answer a statement, or a COMMIT, whose signal was aborted. In ms. */
export const CANCEL_GRACE_MS = 2_000;

/** How long the server has to answer a ROLLBACK. In ms. */
export const ROLLBACK_LIMIT_MS = 5_000;

/** How long a server that has let somebody in has to answer to the first statement. In ms. */
export const SESSION_LIMIT_MS = 10_000;

/** How long it is tried to find out what became of a COMMIT on a lost connection. In ms. */
export const COMMIT_LOOKUP_LIMIT_MS = 5_000;
