import { TestServerError } from '../test-server-error.js';
import type { Fault, FaultAction, FaultPattern } from './fault.js';
import { checkCount, checkDelay } from './fault-options.js';
import type { ProxyMessage } from './message-log.js';

/** A fault with what it has seen so far. */
export class WaitingFault {
  readonly action: FaultAction;
  readonly fired: Promise<ProxyMessage>;
  readonly #matches: (message: ProxyMessage) => boolean;
  readonly #nth: number;
  #resolve: (message: ProxyMessage) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #seen = 0;
  #timesLeft: number;

  /** @throws {TestServerError} `invalid-option` */
  constructor({ when, action, times = 1 }: Fault) {
    const pattern = typeof when === 'function' ? undefined : when;
    this.#nth = checkCount(pattern?.nth ?? 1, 'when.nth');
    this.#timesLeft = times === Number.POSITIVE_INFINITY ? times : checkCount(times, 'times');
    this.#matches = typeof when === 'function' ? when : (message) => fits(message, when);
    if (typeof action === 'object') checkDelay(action.delayMs, 'action.delayMs');
    if (action === 'answer-lost' && pattern?.from === 'server') {
      throw new TestServerError(
        'invalid-option',
        'answer-lost is for messages of the client, and when.from is server.',
      );
    }
    this.action = action;
    this.fired = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A fault that nobody waits for may end without having happened.
    this.fired.catch(() => {});
  }

  get isOver(): boolean {
    return this.#timesLeft <= 0;
  }

  /** Counts the message if it is meant. @returns whether the fault is to happen to it. */
  isDue(message: ProxyMessage): boolean {
    if (this.action === 'answer-lost' && message.from === 'server') return false;
    if (!this.#matches(message)) return false;
    this.#seen += 1;
    return this.#seen >= this.#nth;
  }

  fire(message: ProxyMessage): void {
    this.#timesLeft -= 1;
    this.#resolve(message);
  }

  /** @param why completes "The fault did not happen: …" */
  giveUp(why: string): void {
    this.#reject(new TestServerError('fault-not-fired', `The fault did not happen: ${why}`));
  }
}

function fits(message: ProxyMessage, { from, name, text, connection }: FaultPattern): boolean {
  if (from !== undefined && from !== message.from) return false;
  if (name !== undefined && name !== message.name) return false;
  if (connection !== undefined && connection !== message.connection) return false;
  if (text === undefined) return true;
  if (message.text === undefined) return false;
  // `search` rather than `test`, which on a pattern with the flag g goes on where it was the last time.
  return typeof text === 'string' ? message.text.includes(text) : message.text.search(text) !== -1;
}
