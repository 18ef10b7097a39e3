import { ConfigError } from '@uno/postgres';
import type { EntryFormat, FileHeader } from './entry-format.js';
import type { FileEntry } from './file-entry.js';
import { FileError } from './file-error.js';
import { defaultRecordBytes, type ReadOptions } from './read-options.js';
import type { RejectFormat } from './reject-format.js';
import { type ByteSource, type ByteStream, openBytes, pathOf, pieceBytes } from './source/byte-source.js';
import { decompressed } from './source/decompress.js';
import { sourceError } from './source/source-error.js';

/** The formats that are read. */
export type FileFormat = 'csv' | 'ndjson' | 'json';

/**
 * The records of a file, in blocks of as many as about 128 KiB hold, in their order. It is iterated once; leaving the loop
 * early closes the file or the stream. Memory does not grow with the file.
 */
export interface FileReader extends AsyncIterable<readonly FileEntry[]> {
  readonly format: FileFormat;
  /** Absent where the source is no file. */
  readonly path: string | undefined;
  /**
   * Opens the source and reads its header, before anything else is done. Iterating does it, too; it is done once.
   *
   * @returns the header of CSV, `undefined` for JSON
   * @throws FileError for what cannot be opened or begins wrongly
   */
  open(): Promise<FileHeader | undefined>;
  /** How records of this file that are rejected are written down, so that they can be mended; when it is open. */
  readonly rejects: RejectFormat;
  /** Bytes that were taken from the source so far, of a compressed one before they are decompressed. */
  readonly bytesRead: number;
  /** Closes the source, for one who opened and then does not iterate; also while a block is waited for. */
  close(): Promise<void>;
}

/** Whether something is a {@link FileReader}, of this or another installed copy. */
export function isFileReader(value: unknown): value is FileReader {
  return typeof value === 'object' && value !== null && 'format' in value && 'rejects' in value && 'open' in value;
}

/** A {@link FileReader} over any format. */
export class EntryReader implements FileReader {
  readonly format: FileFormat;
  readonly path: string | undefined;
  readonly #source: ByteSource;
  readonly #entries: EntryFormat;
  readonly #gzip: boolean | 'auto';
  readonly #maxRecordBytes: number;
  #stream: ByteStream | undefined;
  #bytesRead = 0;
  #opening: Promise<FileHeader | undefined> | undefined;
  #iterated = false;
  #ended = false;
  #closed = false;
  /** Blocks that came with the header. */
  #early: (readonly FileEntry[])[] = [];
  /** Bytes that are not used yet, in pieces. */
  #pieces: Buffer[] = [];
  #held = 0;
  /** How many there have to be before they are looked at again, so that a long record is not read over and over. */
  #wanted = 0;

  constructor(format: FileFormat, source: ByteSource, entries: EntryFormat, options: ReadOptions) {
    this.format = format;
    this.path = pathOf(source);
    this.#source = source;
    this.#entries = entries;
    this.#gzip = options.gzip ?? 'auto';
    this.#maxRecordBytes = options.maxRecordBytes ?? defaultRecordBytes;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get rejects(): RejectFormat {
    return this.#entries.rejects;
  }

  open(): Promise<FileHeader | undefined> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#closed = true;
    this.#pieces = [];
    await this.#stream?.close();
  }

  [Symbol.asyncIterator](): AsyncGenerator<readonly FileEntry[]> {
    if (this.#iterated) throw new ConfigError('A file is read once: make another reader to read it again.');
    this.#iterated = true;
    return this.#blocks();
  }

  async *#blocks(): AsyncGenerator<readonly FileEntry[]> {
    await this.open();
    try {
      yield* this.#early.splice(0);
      while (!this.#ended) {
        const block = await this.#next();
        if (block.length > 0) yield block;
      }
    } finally {
      await this.close();
    }
  }

  async #open(): Promise<FileHeader | undefined> {
    try {
      this.#stream = this.#counted(openBytes(this.#source));
      this.#stream = await decompressed(this.#stream, this.#gzip);
    } catch (error) {
      await this.close();
      throw sourceError(error, this.path, undefined);
    }
    do {
      const block = await this.#next();
      if (block.length > 0) this.#early.push(block);
    } while (!this.#entries.begun && !this.#ended);
    return this.#entries.header;
  }

  #counted(stream: ByteStream): ByteStream {
    return {
      next: async () => {
        const piece = await stream.next();
        this.#bytesRead += piece?.length ?? 0;
        return piece;
      },
      close: () => stream.close(),
    };
  }

  /** The records of the next bytes, which may be none. */
  async #next(): Promise<readonly FileEntry[]> {
    try {
      const piece = await this.#stream?.next();
      if (this.#closed) return [];
      if (piece === undefined) this.#ended = true;
      else {
        this.#pieces.push(piece);
        this.#held += piece.length;
        if (this.#held < this.#wanted) return [];
      }
      return this.#look(this.#ended);
    } catch (error) {
      // Whoever closes it does not want to hear that it ended too early.
      if (this.#closed) return [];
      await this.close();
      throw sourceError(error, this.path, this.#entries.line);
    }
  }

  #look(final: boolean): readonly FileEntry[] {
    const [only] = this.#pieces;
    const bytes = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces);
    const { entries, used } = this.#entries.take(bytes, final);
    const rest = bytes.subarray(used);
    if (rest.length > this.#maxRecordBytes) throw tooLong(this.#entries.line, this.#maxRecordBytes);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    this.#wanted = rest.length > pieceBytes ? Math.min(2 * rest.length, this.#maxRecordBytes + 1) : 0;
    return entries;
  }
}

/** The error for a record that has too many bytes. */
export function tooLong(line: number, maxRecordBytes: number): FileError {
  const why = `the record that begins here has more than ${maxRecordBytes} bytes (maxRecordBytes); a quote may not be closed`;
  return new FileError('record-too-long', why, { line });
}
