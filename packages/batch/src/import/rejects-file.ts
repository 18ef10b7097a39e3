import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { RejectsError } from './import-errors.js';
import type { RejectFormat, RejectNote } from '@uno/formats';

/** Where the rejected records of a chunk lie: bytes of the file that is being written. */
export interface RejectsRange {
  /** The position of the chunk's first record in the source. */
  readonly first: number;
  readonly from: number;
  readonly to: number;
}

/** A rejected record as it is to be written down. */
export interface WrittenReject {
  readonly raw: string;
  readonly note: RejectNote;
}

/**
 * A file of rejected records. They are added to a second file beside it (`.part`) as their chunks are done, whichever comes
 * first; at the end, those of the chunks that are committed are put together in the order of the source.
 */
export class RejectsFile {
  readonly #path: string;
  readonly #format: () => RejectFormat;
  readonly #part: FileHandle;
  readonly #ranges: RejectsRange[];
  #length: number;
  #adding: Promise<unknown> = Promise.resolve();

  private constructor(
    path: string,
    format: () => RejectFormat,
    part: FileHandle,
    length: number,
    ranges: readonly RejectsRange[],
  ) {
    this.#path = path;
    this.#format = format;
    this.#part = part;
    this.#length = length;
    this.#ranges = ranges.filter(({ from, to }) => to > from);
  }

  /**
   * @param before - what earlier runs have written, if this one goes on from theirs
   * @throws RejectsError when the file cannot be written, or what was written before is gone
   */
  static async open(path: string, format: () => RejectFormat, before: readonly RejectsRange[]): Promise<RejectsFile> {
    const needed = Math.max(0, ...before.map(({ to }) => to));
    const part = partOf(path);
    try {
      const handle = await open(part, needed > 0 ? 'r+' : 'w+');
      const { size } = await handle.stat();
      if (size >= needed) return new RejectsFile(path, format, handle, size, before);
      await handle.close();
    } catch (cause) {
      if (needed === 0) throw unwritable(path, cause);
    }
    throw new RejectsError(
      path,
      `The records that were rejected so far are not in ${part} any more, so ${path} cannot be completed. Import under another name, or forget the checkpoint.`,
    );
  }

  /** Adds the rejected records of a chunk; they are on the disk then, and count only when the chunk is kept. */
  async add(rejects: readonly WrittenReject[]): Promise<Pick<RejectsRange, 'from' | 'to'>> {
    const adding = this.#adding.then(async () => {
      const from = this.#length;
      if (rejects.length === 0) return { from, to: from };
      const format = this.#format();
      const bytes = Buffer.from(rejects.map(({ raw, note }) => format.entry(raw, note)).join(''), 'latin1');
      this.#length += bytes.length;
      await this.#part.write(bytes, 0, bytes.length, from);
      await this.#part.datasync();
      return { from, to: from + bytes.length };
    });
    this.#adding = adding.catch(() => undefined);
    return adding.catch((cause: unknown) => {
      throw unwritable(this.#path, cause);
    });
  }

  /** A chunk is kept. */
  count(range: RejectsRange): void {
    if (range.to > range.from) this.#ranges.push(range);
  }

  /**
   * Puts the file together, of what counts and of records of a chunk that failed.
   *
   * @param isDone - whether the import came to its end: one that failed before anything was rejected leaves an older file
   * @param isKept - whether the second file is needed yet, to go on from
   */
  async finish(
    more: readonly WrittenReject[],
    { isDone, isKept }: { readonly isDone: boolean; readonly isKept: boolean },
  ): Promise<void> {
    const last = await this.add(more);
    try {
      const ranges = [...this.#ranges, { first: Number.POSITIVE_INFINITY, ...last }]
        .filter(({ from, to }) => to > from)
        .sort((one, other) => one.first - other.first);
      await this.#part.close();
      if (ranges.length > 0) await this.#assemble(ranges);
      else if (isDone) await rm(this.#path, { force: true });
      if (!isKept) await removePart(this.#path);
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async #assemble(ranges: readonly RejectsRange[]): Promise<void> {
    const { head, lead, foot } = this.#format();
    const part = partOf(this.#path);
    const assembled = `${this.#path}.new`;
    async function* bytes() {
      yield Buffer.from(head, 'latin1');
      let skipped = lead;
      for (const { from, to } of ranges) {
        yield* createReadStream(part, { start: from + skipped, end: to - 1 });
        skipped = 0;
      }
      yield Buffer.from(foot, 'latin1');
    }
    await pipeline(bytes, createWriteStream(assembled, { flush: true }));
    await rename(assembled, this.#path);
  }
}

/** Removes what an import that came to its end has no more use for. */
export function removePart(path: string): Promise<void> {
  return rm(partOf(path), { force: true });
}

function partOf(path: string): string {
  return `${path}.part`;
}

function unwritable(path: string, cause: unknown): RejectsError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RejectsError(path, `The rejected records cannot be written to ${path}: ${why}`, { cause });
}
