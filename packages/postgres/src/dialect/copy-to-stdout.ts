import { CanceledError } from '../errors/database-errors.js';
import { ConfigError } from '../errors/input-errors.js';
import type { CopyRun } from './copy-query.js';
import { MessageWriter } from './message-writer.js';
import { onAbort } from './on-abort.js';
import type { PgConnection, PgPoolClient, PgSubmittable } from './pool-port.js';

/** Takes what a COPY gives; nothing more is read until its promise is settled. */
export type TakePiece = (piece: Uint8Array) => void | PromiseLike<void>;

/** So many bytes are gathered before they are given away; the rows of a socket's piece come one by one. */
const PIECE_BYTES = 65_536;

/**
 * One COPY TO STDOUT on one connection, as `pg` runs what brings its own protocol: "COPY Operations" of PostgreSQL's
 * documentation, "Message Flow". It goes by the extended protocol, which takes one statement and no more.
 *
 * The receiver slows the server down: while it is busy the socket is not read.
 */
export class CopyToStdout implements PgSubmittable, CopyRun {
  /** The statement, under the name that it has in a query of `pg`. */
  readonly text: string;
  readonly #take: TakePiece;
  readonly #signal: AbortSignal;
  readonly #refuse: (reason: unknown) => void;
  readonly #answer: Promise<number>;
  #resolve: (rows: number) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #connection: PgConnection | undefined;
  #rows = 0;
  /** What is gathered, with its length so far. */
  #piece: Buffer | undefined;
  #length = 0;
  /** Pieces that came while another one was being taken. */
  readonly #waiting: Uint8Array[] = [];
  #taking: Promise<void> | undefined;
  #soon: NodeJS.Immediate | undefined;
  #isStopped = false;
  #thrown: { readonly error: unknown } | undefined;

  /** `pg` puts another in its place where there is a `query_timeout`, and has to be told of the end. */
  callback: (error?: unknown) => void = () => {};

  /**
   * @param signal - ends it, for whatever reason
   * @param refuse - has the signal aborted, when the receiver has thrown
   */
  constructor(sql: string, take: TakePiece, signal: AbortSignal, refuse: (reason: unknown) => void) {
    this.text = sql;
    this.#take = take;
    this.#signal = signal;
    this.#refuse = refuse;
    this.#answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  async runOn(client: PgPoolClient): Promise<number> {
    // What is read no further hides the server's answer to the request to cancel.
    const forget = onAbort(this.#signal, () => this.#stop());
    try {
      this.#begin(client);
      const rows = await this.#answer;
      await this.#finish();
      return rows;
    } finally {
      forget();
      this.#stop();
    }
  }

  explained(error: unknown): unknown {
    return this.#thrown === undefined ? error : this.#thrown.error;
  }

  /** @throws what the receiver has thrown, where the server did not hear of it any more */
  throwRefusal(): void {
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }

  #begin(client: PgPoolClient): void {
    try {
      void client.query(this);
    } catch (error) {
      this.#reject(error);
    }
  }

  submit(connection: PgConnection): Error | undefined {
    if (typeof connection.endCopyFrom !== 'function') {
      const error = new ConfigError('COPY speaks the protocol itself, which takes a pool of pg without pg-native.');
      this.#reject(error);
      return error;
    }
    this.#connection = connection;
    const messages = new MessageWriter(1_024 + this.text.length);
    messages.parse('', this.text);
    messages.bind('', []);
    messages.execute();
    messages.sync();
    connection.stream.write(messages.bytes);
    return undefined;
  }

  handleCopyData({ chunk }: { readonly chunk: Uint8Array }): void {
    if (this.#isStopped) return;
    // The driver writes over these bytes when it has read more.
    if (chunk.length > PIECE_BYTES - this.#length) this.#flush();
    if (chunk.length > PIECE_BYTES) {
      this.#give(Buffer.from(chunk));
      return;
    }
    this.#piece ??= Buffer.allocUnsafeSlow(PIECE_BYTES);
    this.#piece.set(chunk, this.#length);
    this.#length += chunk.length;
    // A query that takes its time shows what it has.
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#flush();
    });
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rows = Number(text.replace('COPY ', ''));
  }

  handleReadyForQuery(): void {
    this.callback();
    this.#resolve(this.#rows);
  }

  /** Called with an error of the server, or with the end of the connection. */
  handleError(error: unknown): void {
    this.#stop();
    this.callback(error);
    this.#reject(error);
  }

  /** No COPY TO STDOUT asks for data. */
  handleCopyInResponse(connection: PgConnection): void {
    connection.sendCopyFail('there is no data');
  }

  #flush(): void {
    const piece = this.#piece?.subarray(0, this.#length);
    this.#piece = undefined;
    this.#length = 0;
    if (piece !== undefined && piece.length > 0) this.#give(piece);
  }

  #give(piece: Uint8Array): void {
    if (this.#isStopped) return;
    if (this.#taking !== undefined) {
      this.#waiting.push(piece);
      return;
    }
    try {
      const taken = this.#take(piece);
      if (taken === undefined) return;
      this.#connection?.stream.pause?.();
      this.#taking = this.#takeOn(taken);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #takeOn(taken: PromiseLike<void>): Promise<void> {
    try {
      await taken;
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await this.#take(next);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#taking = undefined;
      this.#connection?.stream.resume?.();
    }
  }

  /** After the server has sent all, some of it is still to be taken. */
  async #finish(): Promise<void> {
    this.#flush();
    if (this.#taking !== undefined) await Promise.race([this.#taking, aborted(this.#signal)]);
    // What the receiver has thrown is no error of the connection, for which it could be taken here.
    if (this.#thrown !== undefined || !this.#signal.aborted) return;
    const what = 'The COPY was cancelled before all of it was taken: its signal is aborted.';
    throw new CanceledError(what, 'whole-transaction', { cause: this.#signal.reason });
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.#thrown = { error };
    this.#refuse(error);
    this.#stop();
  }

  /** Nothing more is taken; what still comes is passed over. */
  #stop(): void {
    this.#isStopped = true;
    clearImmediate(this.#soon);
    this.#waiting.length = 0;
    this.#piece = undefined;
    this.#connection?.stream.resume?.();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else onAbort(signal, resolve);
  });
}
