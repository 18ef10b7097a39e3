import { type CopyDataWriter, type CopyPiece, MESSAGE_SIZE } from './copy-data.js';
import { type CopySource, isPiece, requirePiece, slicesOf } from './copy-source.js';
import type { PgSocket } from './pool-port.js';

/**
 * Moves the data of a COPY from its source to a writer, no faster than the socket takes it. Pieces of an iterable are
 * taken without a wait as long as the socket has room, since a piece may be as small as a row; each time that it has
 * none, whatever else the process has to do gets its turn.
 */
export class CopySending {
  readonly #source: CopySource;
  readonly #data: CopyDataWriter;
  readonly #socket: PgSocket;
  #isStopped = false;
  /** Ends the wait for room in the socket. */
  #wake: (() => void) | undefined;
  /** Ends what the source does. */
  #close: (() => void) | undefined;

  constructor(source: CopySource, data: CopyDataWriter, socket: PgSocket) {
    this.#source = source;
    this.#data = data;
    this.#socket = socket;
  }

  /**
   * @returns whether the writer has got everything; not where it was stopped before
   * @throws what the source throws, which may be long after it was stopped
   */
  async run(): Promise<boolean> {
    try {
      return await this.#run(this.#source);
    } finally {
      this.#close = undefined;
    }
  }

  /**
   * Has no more taken from the source, nor given to the writer. The source is told by its `return`, which is not waited
   * for: it may hang.
   */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
    this.#close?.();
  }

  #run(source: CopySource): Promise<boolean> {
    if (isPiece(source)) return this.#sendAll(slicesOf(source));
    return Symbol.asyncIterator in source ? this.#sendComing(source) : this.#sendAll(source);
  }

  async #sendAll(pieces: Iterable<CopyPiece>): Promise<boolean> {
    for (const piece of pieces) {
      const room = this.#send(piece);
      if (room !== undefined) await room;
      if (this.#isStopped) return false;
    }
    return true;
  }

  async #sendComing(source: AsyncIterable<CopyPiece>): Promise<boolean> {
    const pieces = source[Symbol.asyncIterator]();
    // Leaving the loop does that too, but not while a piece is waited for.
    this.#close = () => void close(pieces);
    for await (const piece of { [Symbol.asyncIterator]: () => pieces }) {
      // While the piece was waited for.
      if (this.#isStopped) return false;
      const room = this.#send(piece);
      if (room !== undefined) await room;
      if (this.#isStopped) return false;
    }
    // A source that was closed says that it has come to its end.
    return !this.#isStopped;
  }

  /** @returns what to wait for before the next piece */
  #send(piece: CopyPiece): Promise<unknown> | undefined {
    requirePiece(piece);
    if (piece.length > MESSAGE_SIZE) return this.#sendAll(slicesOf(piece));
    return this.#data.add(piece) ? this.#drained() : undefined;
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#socket.removeListener('drain', wake);
        this.#wake = undefined;
        setImmediate(resolve);
      };
      this.#wake = wake;
      this.#socket.once('drain', wake);
    });
  }
}

/** What it says to that is of no use: who reads from it is told why it was left. */
async function close(pieces: AsyncIterator<CopyPiece>): Promise<void> {
  try {
    await pieces.return?.();
  } catch {}
}
