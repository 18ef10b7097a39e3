import type { MessageName } from './message-names.js';

/** Messages of a client that the server answers with a ReadyForQuery in the end, each with one. */
const ANSWERED: ReadonlySet<MessageName> = new Set(['StartupMessage', 'Query', 'Sync', 'FunctionCall']);

/**
 * Knows which answer of the server is to be lost. A client may send the next statement before it has the answer to the
 * one before: answers are counted, for the right one to be lost.
 */
export class LostAnswer {
  /** Answers that the server owes. */
  #owed = 0;
  /** Answers that still reach the client, before the lost one. */
  #before: number | undefined;

  /** Whether what the server says now belongs to the lost answer. */
  get isUnderWay(): boolean {
    return this.#before === 0;
  }

  /** The answer to the client's present message is lost; if it has none of its own, that of the Sync after it. */
  lose(): void {
    this.#before ??= this.#owed;
  }

  clientSaid(name: MessageName): void {
    if (ANSWERED.has(name)) this.#owed += 1;
  }

  /** Call it at the end of each message of the server. @returns whether the lost answer is complete. */
  serverHasSaid(name: MessageName): boolean {
    if (name !== 'ReadyForQuery') return false;
    if (this.isUnderWay) return true;
    this.#owed = Math.max(0, this.#owed - 1);
    if (this.#before !== undefined) this.#before -= 1;
    return false;
  }
}
