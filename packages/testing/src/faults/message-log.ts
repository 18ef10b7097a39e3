import type { MessageName, MessageOrigin } from './message-names.js';

/** A message that a fault proxy has seen. */
export interface ProxyMessage {
  /** The number of its connection, from 1, in the order in which clients came. */
  readonly connection: number;
  readonly from: MessageOrigin;
  readonly name: MessageName;
  /**
   * The SQL of `Query` and `Parse`, the tag of `CommandComplete` (`INSERT 0 1`), the SQLSTATE of `ErrorResponse` and
   * `NoticeResponse`, the byte of `SSLResponse` and `GSSENCResponse`. Of a message of more than 64 kB it is what the
   * first 64 kB hold.
   */
  readonly text?: string;
}

/** Texts may be as long as 64 kB: many of them may not fill the memory. */
const KEPT_CHARACTERS = 16 * 1024 * 1024;

/** The last messages, as many as it may keep. */
export class MessageLog {
  readonly #limit: number;
  #messages: ProxyMessage[] = [];
  #characters = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get messages(): readonly ProxyMessage[] {
    return this.#messages.slice();
  }

  add(message: ProxyMessage): void {
    this.#messages.push(message);
    this.#characters += message.text?.length ?? 0;
    while (this.#messages.length > this.#limit || this.#characters > KEPT_CHARACTERS) {
      this.#characters -= this.#messages.shift()?.text?.length ?? 0;
    }
  }

  clear(): void {
    this.#messages = [];
    this.#characters = 0;
  }
}
