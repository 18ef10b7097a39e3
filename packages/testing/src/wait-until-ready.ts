import { serverVersion } from './connect.js';
import type { ReaperExit } from './reaper.mjs';
import { messageOf } from './test-server-error.js';

/** How a launched server turned out. */
export type Readiness =
  | { readonly state: 'ready'; readonly version: string }
  | { readonly state: 'exited'; readonly outcome: ReaperExit }
  | { readonly state: 'timeout'; readonly lastError: string };

const POLL_MS = 10;
/** Short, as an attempt at somebody else's port that is never answered outlives the wait by this much. */
const ATTEMPT_LIMIT_MS = 1_000;

/**
 * Tries to connect until it works, the server has exited, or the time is over. Every refusal counts as "not yet":
 * while our server is failing to bind, it may be another one that answers on this port, and denies our password.
 */
export async function waitUntilReady(
  connectionString: string,
  exited: Promise<ReaperExit>,
  limitMs: number,
): Promise<Readiness> {
  const deadline = Date.now() + limitMs;
  const ended = exited.then((outcome) => ({ state: 'exited', outcome }) as const);
  for (;;) {
    const attempt = serverVersion(connectionString, ATTEMPT_LIMIT_MS).then(
      (version) => ({ state: 'ready', version }) as const,
      (error: unknown) => ({ state: 'timeout', lastError: messageOf(error) }) as const,
    );
    const seen = await Promise.race([attempt, ended]);
    if (seen.state !== 'timeout' || Date.now() > deadline) return seen;
    const pause = new Promise<void>((resolve) => setTimeout(resolve, POLL_MS));
    await Promise.race([pause, ended]);
  }
}
