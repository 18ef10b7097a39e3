import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { FileError } from '../frame/cli-errors.js';
import { PieceWriter, type PieceWriterOptions } from './piece-writer.js';

/** Where an export goes. */
export interface Destination {
  /** @returns what to wait for before the next piece, if it has enough */
  write(piece: Uint8Array): Promise<void> | undefined;
  /** All of it was written. */
  complete(): Promise<void>;
  /** It came to nothing: no half of a file is left. */
  discard(): Promise<void>;
}

/** Somebody else's stream, which is not ended. */
export function toStream(stream: Writable, options: PieceWriterOptions): Destination {
  const writer = new PieceWriter(stream, false, options);
  return {
    write: (piece) => writer.write(piece),
    complete: () => writer.end(),
    discard: async () => writer.destroy(),
  };
}

/**
 * A file, which has another name next to it until all of it is written, and then takes the place of what was there. What
 * is no ordinary file, such as a device or a named pipe, is written to as it is.
 *
 * @throws FileError when it cannot be made
 */
export async function toFile(file: string, options: PieceWriterOptions): Promise<Destination> {
  const path = await realpath(file).catch(() => file);
  const isSpecial = await stat(path).then(
    (found) => !found.isFile(),
    () => false,
  );
  const temporary = isSpecial ? path : join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  const handle = await open(temporary, isSpecial ? 'w' : 'wx').catch((error: unknown) => {
    throw new FileError('Cannot write', file, error);
  });
  return new OpenFile({ file, path, temporary, isSpecial }, handle, options);
}

interface FileNames {
  /** As it was given. */
  readonly file: string;
  readonly path: string;
  readonly temporary: string;
  readonly isSpecial: boolean;
}

class OpenFile implements Destination {
  readonly #names: FileNames;
  readonly #stream: Writable;
  readonly #writer: PieceWriter;

  constructor(names: FileNames, handle: FileHandle, options: PieceWriterOptions) {
    this.#names = names;
    this.#stream = handle.createWriteStream();
    this.#writer = new PieceWriter(this.#stream, true, options);
  }

  write(piece: Uint8Array): Promise<void> | undefined {
    try {
      return this.#writer.write(piece)?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      return this.#fail(error);
    }
  }

  async complete(): Promise<void> {
    const { path, temporary, isSpecial } = this.#names;
    try {
      await this.#writer.end();
      if (!isSpecial) await rename(temporary, path);
    } catch (error) {
      this.#fail(error);
    }
  }

  async discard(): Promise<void> {
    this.#writer.destroy();
    if (!this.#names.isSpecial) await rm(this.#names.temporary, { force: true });
  }

  #fail(error: unknown): never {
    throw new FileError('Cannot write', this.#names.file, error);
  }
}
