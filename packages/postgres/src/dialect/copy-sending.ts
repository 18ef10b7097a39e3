import { type CopyDataWriter, type CopyPiece, MESSAGE_SIZE } from './copy-data.js';
import { type CopySource, isPiece, requirePiece, slicesOf } from './copy-source.js';
import type { PgSocket } from './pool-port.js';

/**
 * Moves the data of a COPY from its source to a writer, no faster than the socket takes it. Pieces are taken without a
 * wait until they make a message, since a piece may be as small as a row. After a message, whatever else the process has
 * to do gets its turn: a socket that always has room would give it none.
 */
export class CopySending {
  readonly #source: CopySource;
  readonly #data: CopyDataWriter;
  readonly #socket: PgSocket;
  #isStopped = false;
  /** Ends the wait for room in the socket. */
  #wake: (() => void) | undefined;
  /** Set while what the source has given waits for more, which may take it a while. */
  #soon: NodeJS.Immediate | undefined;
  /** Ends what the source does. */
  #close: (() => void) | undefined;

  constructor(source: CopySource, data: CopyDataWriter, socket: PgSocket) {
    this.#source = source;
    this.#data = data;
    this.#socket = socket;
  }

  /**
   * Ends when the writer has got everything, or some time after it was stopped.
   *
   * @throws what the source throws, also after it was stopped
   */
  async run(): Promise<void> {
    try {
      await this.#run(this.#source);
    } finally {
      clearImmediate(this.#soon);
      this.#close = undefined;
    }
  }

  /**
   * Has no more taken from the source, nor given to the writer. The source is told by its `return`, which is not waited
   * for: it may hang.
   */
  stop(): void {
    this.#isStopped = true;
    clearImmediate(this.#soon);
    this.#wake?.();
    this.#close?.();
  }

  #run(source: CopySource): Promise<void> {
    if (isPiece(source)) return this.#sendAll(slicesOf(source));
    return Symbol.asyncIterator in source ? this.#sendComing(source) : this.#sendAll(source);
  }

  async #sendAll(pieces: Iterable<CopyPiece>): Promise<void> {
    for (const piece of pieces) {
      const room = this.#send(piece);
      if (room !== undefined) await room;
      if (this.#isStopped) return;
    }
  }

  async #sendComing(source: AsyncIterable<CopyPiece>): Promise<void> {
    const pieces = source[Symbol.asyncIterator]();
    // Leaving the loop does that too, but not while a piece is waited for.
    this.#close = () => void close(pieces);
    for await (const piece of { [Symbol.asyncIterator]: () => pieces }) {
      // While the piece was waited for.
      if (this.#isStopped) return;
      const room = this.#send(piece);
      if (room !== undefined) await room;
      if (this.#isStopped) return;
      this.#soon ??= setImmediate(() => this.#sendGathered());
    }
  }

  /** @returns what to wait for before the next piece */
  #send(piece: CopyPiece): Promise<void> | undefined {
    requirePiece(piece);
    if (piece.length > MESSAGE_SIZE) return this.#sendAll(slicesOf(piece));
    const written = this.#data.add(piece);
    return written === 'gathered' ? undefined : this.#pause(written === 'full');
  }

  /** The server works on it, or refuses it, while the source is waited for. */
  #sendGathered(): void {
    this.#soon = undefined;
    this.#data.flush();
  }

  /** The turn of everything else, after the socket has room again. */
  #pause(isFull: boolean): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#socket.removeListener('drain', wake);
        this.#wake = undefined;
        setImmediate(resolve);
      };
      if (!isFull) return wake();
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
