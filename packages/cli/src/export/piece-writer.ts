import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** How pieces are written. */
export interface PieceWriterOptions {
  readonly gzip: boolean;
  /** Gives up waiting for a stream that takes nothing. */
  readonly signal: AbortSignal;
}

/** Writes pieces to a stream, no faster than it takes them, and compressed if that is asked for. */
export class PieceWriter {
  readonly #target: Writable;
  readonly #first: Writable;
  readonly #signal: AbortSignal;
  readonly #endsTarget: boolean;
  readonly #passed: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #onError = (error: unknown): void => {
    this.#failure ??= { error };
  };

  /** @param endsTarget - whether the stream is to be ended with it, as a file is and stdout is not */
  constructor(target: Writable, endsTarget: boolean, { gzip, signal }: PieceWriterOptions) {
    this.#target = target;
    this.#signal = signal;
    this.#endsTarget = endsTarget;
    target.on('error', this.#onError);
    if (gzip) {
      const compressor = createGzip();
      this.#first = compressor;
      this.#passed = pipeline(compressor, target, { end: endsTarget });
      this.#passed.catch(this.#onError);
    } else this.#first = target;
  }

  /** @returns what to wait for before the next piece, if the stream has enough */
  write(piece: Uint8Array): Promise<void> | undefined {
    this.#check();
    return this.#first.write(piece) ? undefined : this.#room();
  }

  /** Ends it, when all of it is written. */
  async end(): Promise<void> {
    this.#check();
    if (this.#passed !== undefined || this.#endsTarget) {
      const passed = this.#passed ?? finished(this.#target);
      this.#first.end();
      await passed;
    } else await this.#written();
    this.#check();
    this.#target.off('error', this.#onError);
  }

  /** What is not written yet is lost. */
  destroy(): void {
    if (this.#first !== this.#target) this.#first.destroy();
    if (this.#endsTarget) this.#target.destroy();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** A stream that has failed never says that it has room, but that it has failed. */
  async #room(): Promise<void> {
    await once(this.#first, 'drain', { signal: this.#signal });
    this.#check();
  }

  #written(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#target.write('', (error) => (error ? reject(error) : resolve()));
      this.#signal.addEventListener('abort', () => reject(this.#signal.reason), { once: true });
    });
  }
}
