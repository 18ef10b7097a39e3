import type { MessageOrigin } from './message-names.js';
import { type MessageHead, type MessagePart, MessageSplitter } from './message-splitter.js';

/**
 * Both directions of a connection, each of which decides how the other is to be read: a request for encryption is
 * answered by a single byte, and if that agrees, nothing on the connection can be read any more.
 */
export class Dialogue {
  readonly #splitters = { client: new MessageSplitter('client'), server: new MessageSplitter('server') };

  split(from: MessageOrigin, bytes: Buffer): MessagePart[] {
    const parts = this.#splitters[from].push(bytes);
    for (const { begins } of parts) {
      if (begins !== undefined) this.#follow(begins);
    }
    if (this.#splitters[from].isOpaque) this.#becomeOpaque();
    return parts;
  }

  /** What was held back in a direction that has ended. */
  end(from: MessageOrigin): MessagePart[] {
    return this.#splitters[from].end();
  }

  #follow({ name, text }: MessageHead): void {
    if (name === 'SSLRequest') this.#splitters.server.expectReply('SSLResponse');
    else if (name === 'GSSENCRequest') this.#splitters.server.expectReply('GSSENCResponse');
    else if ((name === 'SSLResponse' || name === 'GSSENCResponse') && text !== 'N') this.#becomeOpaque();
  }

  #becomeOpaque(): void {
    this.#splitters.client.becomeOpaque();
    this.#splitters.server.becomeOpaque();
  }
}
