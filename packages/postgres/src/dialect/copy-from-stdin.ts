import { ConnectionError } from '../errors/database-errors.js';
import { ConfigError } from '../errors/input-errors.js';
import { canceledUncommitted } from './canceled.js';
import { asOne, CopyDataWriter, MESSAGE_SIZE } from './copy-data.js';
import { CopySending } from './copy-sending.js';
import { type CopySource, isPiece, slicesOf } from './copy-source.js';
import { onAbort } from './on-abort.js';
import type { PgConnection, PgPoolClient, PgSubmittable } from './pool-port.js';
import { uncommitted } from './uncommitted.js';

/** One piece of up to so many bytes or UTF-16 units is given to the socket at once, whatever that says. */
const AT_ONCE = 16 * MESSAGE_SIZE;

/**
 * `waiting` for the server to ask for data, `sending` it, `ended` by CopyDone or `failed` by CopyFail, so that nothing
 * more is sent, and `over` when the server has answered.
 */
type Stage = 'waiting' | 'sending' | 'ended' | 'failed' | 'over';

/**
 * One COPY FROM STDIN on one connection, as `pg` runs what brings its own protocol: "COPY Operations" of PostgreSQL's
 * documentation, "Message Flow".
 *
 * `pg-copy-streams` (7.0.0) is not used, because an error of the server that comes while the socket is full ends the
 * process: when the socket has room again, its stream goes on with a connection that it has let go of, and throws where
 * nobody can catch it.
 *
 * Data is not sent before the server asks for it. PostgreSQL would allow that, and it would save a round trip; but
 * PgBouncer, which counts the messages of a COPY, would take the connection for busy ever after.
 */
export class CopyFromStdin implements PgSubmittable {
  /** The statement, under the name that it has in a query of `pg`. */
  readonly text: string;
  readonly #source: CopySource;
  readonly #signal: AbortSignal | undefined;
  readonly #answer: Promise<number>;
  #resolve: (rows: number) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #connection: PgConnection | undefined;
  #stage: Stage = 'waiting';
  #sending: CopySending | undefined;
  #isDoneSent = false;
  #thrown: { readonly error: unknown } | undefined;
  #rows = 0;

  /** `pg` puts another in its place where there is a `query_timeout`, and has to be told of the end. */
  callback: (error?: unknown) => void = () => {};

  constructor(sql: string, source: CopySource, signal: AbortSignal | undefined) {
    this.text = sql;
    this.#source = source;
    this.#signal = signal;
    this.#answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /**
   * Runs it, and gives the number of rows that were stored. An aborted signal ends the data: a server that waits for more
   * does not listen to anything else.
   */
  async runOn(client: PgPoolClient): Promise<number> {
    const forget = this.#signal && onAbort(this.#signal, () => this.#fail('it was cancelled'));
    try {
      this.#begin(client);
      return await this.#answer;
    } finally {
      forget?.();
    }
  }

  #begin(client: PgPoolClient): void {
    try {
      void client.query(this);
    } catch (error) {
      this.#reject(error);
    }
  }

  /** What its caller is to be told of what it has failed with. */
  explained(error: unknown): unknown {
    if (this.#thrown !== undefined) return this.#thrown.error;
    // Without CopyDone nothing is stored, in no transaction either.
    if (this.#isDoneSent || !(error instanceof ConnectionError) || error.retry !== 'if-idempotent') return error;
    return this.#signal?.aborted ? canceledUncommitted(this.#signal) : uncommitted(error);
  }

  submit(connection: PgConnection): Error | undefined {
    if (typeof connection.endCopyFrom !== 'function') {
      const error = new ConfigError('COPY speaks the protocol itself, which takes a pool of pg without pg-native.');
      this.#reject(error);
      return error;
    }
    this.#connection = connection;
    connection.query(this.text);
    return undefined;
  }

  handleCopyInResponse(connection: PgConnection): void {
    if (this.#stage !== 'waiting') {
      connection.sendCopyFail('it was given up');
      return;
    }
    this.#stage = 'sending';
    this.#send(connection, this.#source);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rows = Number(text.replace('COPY ', ''));
  }

  handleReadyForQuery(): void {
    this.#stop('over');
    this.callback();
    this.#resolve(this.#rows);
  }

  /** Called with an error of the server, or with the end of the connection. */
  handleError(error: unknown): void {
    // PostgreSQL takes no notice of it, but what counts the messages of a COPY on the way does.
    if (this.#stage === 'sending') this.#connection?.sendCopyFail('it has failed');
    this.#stop('over');
    this.callback(error);
    this.#reject(error);
  }

  #send(connection: PgConnection, source: CopySource): void {
    const { stream } = connection;
    const data = new CopyDataWriter(stream);
    if (isPiece(source) && source.length <= AT_ONCE) {
      asOne(stream, () => {
        for (const slice of slicesOf(source)) data.add(slice);
        this.#end(connection, data);
      });
      return;
    }
    this.#sending = new CopySending(source, data, stream);
    this.#sending.run().then(
      () => {
        // Nor was it stopped.
        if (this.#stage === 'sending') asOne(stream, () => this.#end(connection, data));
      },
      (error: unknown) => {
        // After it was stopped, its caller is told another reason.
        if (this.#stage !== 'sending') return;
        this.#thrown = { error };
        this.#fail('its data could not be read');
      },
    );
  }

  #end(connection: PgConnection, data: CopyDataWriter): void {
    data.end();
    connection.endCopyFrom();
    this.#isDoneSent = true;
    this.#stage = 'ended';
  }

  /** Has no effect when all was sent. */
  #fail(why: string): void {
    if (this.#stage === 'sending') this.#connection?.sendCopyFail(why);
    if (this.#stage === 'sending' || this.#stage === 'waiting') this.#stop('failed');
  }

  #stop(stage: Stage): void {
    this.#stage = stage;
    this.#sending?.stop();
  }
}
