import { type Measured, measuredRecords } from '../measured.js';

/** New values of two columns. */
export type Change = Pick<Measured, 'id' | 'name' | 'population'>;

/** What an operation may be done with. */
export type Input = 'records' | 'unnumbered' | 'ids' | 'changes' | 'changed';

/**
 * What the operations are done with: the same for every way. Made when first asked for and kept until it is forgotten,
 * so that an operation on a million records does not share the memory with the records of the others.
 */
export class Dataset {
  readonly rows: number;
  #records: readonly Measured[] | undefined;
  #unnumbered: readonly Omit<Measured, 'id'>[] | undefined;
  #ids: readonly number[] | undefined;
  #changes: readonly Change[] | undefined;
  #changed: readonly Measured[] | undefined;

  constructor(rows: number) {
    this.rows = rows;
  }

  /** Inserted into `measured`. */
  get records(): readonly Measured[] {
    this.#records ??= measuredRecords(this.rows);
    return this.#records;
  }

  /** Inserted into `numbered`: the same without keys. */
  get unnumbered(): readonly Omit<Measured, 'id'>[] {
    this.#unnumbered ??= measuredRecords(this.rows).map(({ id: _, ...others }) => others);
    return this.#unnumbered;
  }

  /** Got and deleted. */
  get ids(): readonly number[] {
    this.#ids ??= Array.from({ length: this.rows }, (_, id) => id);
    return this.#ids;
  }

  /** Updated: no value is as it was. */
  get changes(): readonly Change[] {
    this.#changes ??= measuredRecords(this.rows).map(changeOf);
    return this.#changes;
  }

  /** Upserted: the records with the changes. Those with even ids are there before. */
  get changed(): readonly Measured[] {
    this.#changed ??= measuredRecords(this.rows).map((record) => ({ ...record, ...changeOf(record) }));
    return this.#changed;
  }

  /** How many of the records are there before an upsert. */
  get half(): number {
    return Math.ceil(this.rows / 2);
  }

  /** Has something ready, so that no run is charged with making it. */
  make(input: Input): void {
    void this[input].length;
  }

  forget(): void {
    this.#records = undefined;
    this.#unnumbered = undefined;
    this.#ids = undefined;
    this.#changes = undefined;
    this.#changed = undefined;
  }
}

function changeOf({ id, population }: Measured): Change {
  return { id, name: `Another name ${id}`, population: population + 1 + (id % 10) };
}
