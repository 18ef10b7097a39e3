import {
  type AnyMapping,
  checkKey,
  encodeKey,
  encodeRecordKey,
  type Field,
  type FieldValues,
  findRecordKey,
  type KeyTexts,
  numericIdentity,
  readNewRecord,
  readRecord,
} from '@uno/domain';

/** One record to be written, standing for one or more records of the caller's input. */
export class WorkItem {
  /** The values by the position of their fields; of several records of one row, the later ones over the earlier. */
  readonly values: FieldValues;
  /** Its position in the caller's input; of the one that counts, where it stands for several. */
  readonly index: number;
  /** The items that it was folded from, in their order; `undefined` for the item of one record. */
  readonly parts: readonly WorkItem[] | undefined;
  readonly #mapping: AnyMapping;
  #key: KeyTexts | undefined;
  #hasKey: boolean;

  private constructor(
    mapping: AnyMapping,
    values: FieldValues,
    index: number,
    known?: { readonly key: KeyTexts | undefined; readonly parts?: readonly WorkItem[] },
  ) {
    this.values = values;
    this.index = index;
    this.parts = known?.parts;
    this.#mapping = mapping;
    this.#key = known?.key;
    this.#hasKey = known !== undefined;
  }

  /**
   * A record to be inserted, checked; it may have a key.
   *
   * @throws ValidationError that names the record
   */
  static ofNew(mapping: AnyMapping, record: unknown, index: number): WorkItem {
    return new WorkItem(mapping, readNewRecord(mapping, record, index).values, index);
  }

  /**
   * A record to be updated, checked to have a key.
   *
   * @throws ValidationError that names the record
   */
  static ofChanged(mapping: AnyMapping, record: unknown, index: number): WorkItem {
    const { values } = readRecord(mapping, record, index);
    const field = mapping.soleKeyField;
    // Its text is made when it is asked for, as many updates never need it.
    if (field !== undefined && numericIdentity(field, values[field.position]) !== undefined) {
      return new WorkItem(mapping, values, index);
    }
    return new WorkItem(mapping, values, index, { key: encodeRecordKey(mapping, values, index) });
  }

  /**
   * A key that was checked, as the caller gives it. Its texts are made when they are asked for, where it is of one field, as
   * many deletions never need them.
   *
   * @throws ValidationError when it is no key of the mapping
   */
  static ofGivenKey(mapping: AnyMapping, key: unknown, index: number): WorkItem {
    const field = mapping.soleKeyField;
    if (field?.type.binary === undefined) {
      return WorkItem.ofKey(mapping, encodeKey(mapping, key, index), index);
    }
    checkKey(mapping, key, index);
    // No longer than it has to be: one that grows takes memory for more.
    const values = new Array<unknown>(field.position + 1);
    values[field.position] = key;
    return new WorkItem(mapping, values, index);
  }

  /** A key, and what is to be done to its row, if anything. */
  static ofKey(mapping: AnyMapping, key: KeyTexts | undefined, index: number, values: FieldValues = []): WorkItem {
    return new WorkItem(mapping, values, index, { key });
  }

  /**
   * What several items come to that mean one row, with the key of the first.
   *
   * @param index - the position of the one that counts; of the last one if not said
   */
  static ofParts(
    values: FieldValues,
    parts: readonly [WorkItem, ...WorkItem[]],
    index = (parts.at(-1) ?? parts[0]).index,
  ): WorkItem {
    const [earliest] = parts;
    return new WorkItem(earliest.#mapping, values, index, { key: earliest.key, parts });
  }

  /** The key's text, where the record has one. Made when it is asked for, as many inserts never need it. */
  get key(): KeyTexts | undefined {
    if (!this.#hasKey) {
      this.#key = findRecordKey(this.#mapping, this.values);
      this.#hasKey = true;
    }
    return this.#key;
  }

  /** The key, where it is a whole number from 0 and says as much as its text. */
  get keyNumber(): number | undefined {
    return this.wholeNumber(this.#mapping.soleKeyField);
  }

  /** The value of a field, where it is a whole number from 0 and says as much as its text. */
  wholeNumber(field: Field | undefined): number | undefined {
    if (!field?.type.canonical) return undefined;
    const value = this.values[field.position];
    return typeof value === 'number' && value >= 0 ? value : undefined;
  }

  /** Positions in the caller's input of the records that it stands for, ascending. */
  get indices(): readonly number[] {
    return this.parts === undefined ? [this.index] : this.parts.map(({ index }) => index);
  }

  /** How many records of the caller's it stands for. */
  get records(): number {
    return this.parts?.length ?? 1;
  }
}
