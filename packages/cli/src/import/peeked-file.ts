import type { FileEntry, FileReader } from '@uno/formats';

/** A file of which the first records were looked at, and that is read from its beginning all the same. */
export class PeekedFile implements FileReader {
  readonly #file: FileReader;
  readonly #rest: AsyncIterator<readonly FileEntry[]>;
  readonly #peeked: (readonly FileEntry[])[] = [];
  readonly #most: number;

  private constructor(file: FileReader, most: number) {
    this.#file = file;
    this.#rest = file[Symbol.asyncIterator]();
    this.#most = most;
  }

  /**
   * @param looked - so many records are looked at, if there are as many
   * @param most - and so many are read at most
   */
  static async open(file: FileReader, looked: number, most = Number.POSITIVE_INFINITY): Promise<PeekedFile> {
    const peeked = new PeekedFile(file, most);
    await file.open();
    for (let count = 0; count < looked; ) {
      const { done, value } = await peeked.#rest.next();
      if (done) break;
      peeked.#peeked.push(value);
      count += value.length;
    }
    return peeked;
  }

  /** The records that were looked at. */
  get first(): readonly FileEntry[] {
    return this.#peeked.flat();
  }

  get format() {
    return this.#file.format;
  }

  get path() {
    return this.#file.path;
  }

  get rejects() {
    return this.#file.rejects;
  }

  get bytesRead() {
    return this.#file.bytesRead;
  }

  open() {
    return this.#file.open();
  }

  close() {
    return this.#file.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly FileEntry[]> {
    let left = this.#most;
    try {
      for (const block of this.#peeked.splice(0)) {
        yield block.slice(0, left);
        left -= block.length;
      }
      while (left > 0) {
        const { done, value } = await this.#rest.next();
        if (done) return;
        yield value.slice(0, left);
        left -= value.length;
      }
    } finally {
      await this.close();
    }
  }
}
