import type { ProxyMessage } from './message-log.js';
import type { MessageName, MessageOrigin } from './message-names.js';

/** Which messages are meant: those that fit everything given here. */
export interface FaultPattern {
  readonly from?: MessageOrigin;
  readonly name?: MessageName;
  /** A part of the message's text, or a pattern of it; see `ProxyMessage.text`. */
  readonly text?: string | RegExp;
  readonly connection?: number;
  /** Only from the nth message on that fits everything else, counted from 1 since the fault was injected. */
  readonly nth?: number;
}

/** Which messages meet a fault. */
export type FaultCondition = FaultPattern | ((message: ProxyMessage) => boolean);

/**
 * What happens to the message. In every case the messages before it in its direction have been passed on.
 *
 * - `'cut'`: it is not passed on, and the connection is lost on both sides.
 * - `'cut-after'`: it is passed on, and then the connection is lost. The receiver gets all of it; if that is the
 *   server, it acts on it, and nothing of its answer reaches the client.
 * - `'stall'`: it is held back, as is everything after it in both directions of this connection, with the sockets open
 *   and nothing read from them, until `resume()`, `cutAll()` or `close()`.
 * - `'answer-lost'`: for messages of the client. It is passed on, the server's answer is swallowed, and when the server
 *   is done (has said ReadyForQuery, after the Sync that follows in the extended protocol) the connection is lost. Not
 *   for statements that need the client's answer, such as `COPY … FROM STDIN`: both sides would wait for ever.
 * - `{ delayMs }`: it, and everything after it in its direction of this connection, comes so many milliseconds later,
 *   in order. Several such delays add up.
 *
 * The server learns of a lost connection as it does of a client that is gone: when it reads the next time, with the
 * running statement done.
 */
export type FaultAction = 'cut' | 'cut-after' | 'stall' | 'answer-lost' | { readonly delayMs: number };

/** A fault to inject. */
export interface Fault {
  readonly when: FaultCondition;
  readonly action: FaultAction;
  /** How many messages it happens to before it is removed: default 1, `Infinity` for all. */
  readonly times?: number;
}

/** A fault that waits for its message. */
export interface InjectedFault {
  /**
   * The first message that it happens to, as soon as it has begun to happen. Rejects with the `TestServerError`
   * `fault-not-fired` when the fault is removed or the proxy closed before; that need not be caught.
   */
  readonly fired: Promise<ProxyMessage>;
  /** It happens to no further message. What it has done is not undone: see `resume()`. */
  remove(): void;
}
