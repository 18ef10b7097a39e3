import type { FileEntry } from '@uno/formats';

/** A record on its way from the source into the table. */
export class ImportRecord {
  /** Its position in the source, from 0. */
  readonly number: number;
  /** What stands in the file, where the source is one. */
  readonly entry: FileEntry | undefined;
  /** What the source gave, where that is no file, or what `preProcess` made of it. */
  readonly input: unknown;
  /** Whether {@link input} counts, and not {@link entry}. */
  readonly isProcessed: boolean;

  private constructor(number: number, entry: FileEntry | undefined, given?: { readonly input: unknown }) {
    this.number = number;
    this.entry = entry;
    this.input = given?.input;
    this.isProcessed = given !== undefined;
  }

  static ofFile(number: number, entry: FileEntry): ImportRecord {
    return new ImportRecord(number, entry);
  }

  static ofInput(number: number, input: unknown): ImportRecord {
    return new ImportRecord(number, undefined, { input });
  }

  /** The same record with what `preProcess` made of it. */
  processed(input: unknown): ImportRecord {
    return new ImportRecord(this.number, this.entry, { input });
  }

  /** The line in the file where it begins; of another source, its number from 1. */
  get line(): number {
    return this.entry?.line ?? this.number + 1;
  }
}
