import type { Field } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import type { Entry } from '../engine/chunk.js';
import { valueOfCell, valueOfJson } from './file-values.js';
import { isPromise } from '../engine/window.js';
import type { ImportColumns } from './import-columns.js';
import { ImportRecord } from './import-record.js';

/** A record by names, as a function of the caller's gets it. */
export type NamedRecord = Record<string, unknown>;

type PreProcess = (record: unknown, index: number) => unknown;

/** Makes records of a mapping of what stands in a file, and remembers those that are on their way. */
export class ImportIntake {
  readonly #columns: ImportColumns;
  readonly #preProcess: PreProcess | undefined;
  readonly #underWay = new Map<number, ImportRecord>();
  #taken = 0;
  #header: readonly string[] = [];
  #fields: readonly (Field | null)[] = [];

  constructor(columns: ImportColumns, preProcess: PreProcess | undefined) {
    this.#columns = columns;
    this.#preProcess = preProcess;
  }

  /** @throws ConfigError for a header that does not say what is what */
  takeHeader(header: readonly string[]): void {
    this.#fields = this.#columns.fieldsOf(header, this.#preProcess !== undefined);
    this.#header = header;
  }

  /** Records taken from the source so far. */
  get taken(): number {
    return this.#taken;
  }

  /** A record has left the source. */
  begin(record: ImportRecord): ImportRecord {
    this.#taken = record.number + 1;
    this.#underWay.set(record.number, record);
    return record;
  }

  /** A record that has left the source and is not at its end. */
  find(number: number): ImportRecord | undefined {
    return this.#underWay.get(number);
  }

  end(number: number): void {
    this.#underWay.delete(number);
  }

  get preProcess(): ((record: unknown, index: number) => unknown) | undefined {
    const preProcess = this.#preProcess;
    if (preProcess === undefined) return undefined;
    return (record, index) => {
      // What is no record of a file is refused where records are read.
      if (!(record instanceof ImportRecord) || isFault(record)) return record;
      const processed = preProcess(this.#named(record), index);
      return isPromise(processed) ? processed.then((one) => processedAs(record, one)) : processedAs(record, processed);
    };
  }

  /**
   * The record that the mapping knows.
   *
   * @throws ValidationError for what cannot be read as one
   */
  recordOf({ record, index }: Entry<unknown>): Entry<unknown> {
    if (!(record instanceof ImportRecord)) return { record, index };
    return { record: this.#recordOf(record, index), index };
  }

  #recordOf(record: ImportRecord, index: number): unknown {
    const { entry, input, isProcessed } = record;
    if (entry === undefined) return input;
    if ('fault' in entry) {
      const { reason, column } = entry.fault;
      throw new ValidationError(reason, { index, field: column, reason });
    }
    if (isProcessed) return this.#read(input, index);
    return 'cells' in entry ? this.#ofCells(entry.cells, index) : this.#read(entry.document, index, entry.digits);
  }

  #ofCells(cells: readonly (string | null)[], index: number): NamedRecord {
    const record: NamedRecord = {};
    for (let at = 0; at < this.#fields.length; at++) {
      const field = this.#fields[at];
      if (!field) continue;
      const column = this.#header[at] ?? field.property;
      record[field.property] = valueOfCell(cells[at] ?? null, { index, field, column });
    }
    return record;
  }

  /** What JSON says, or a function of the caller's, which may give back what it got. */
  #read(input: unknown, index: number, digits: readonly string[] = []): unknown {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
    const record: NamedRecord = {};
    for (const [column, value] of Object.entries(input)) {
      const field = this.#columns.fieldOf(column);
      if (field === null) continue;
      // The mapping says what there is instead.
      define(
        record,
        field?.property ?? column,
        field ? valueOfJson(value, { index, field, column, isNumber: digits.includes(column) }) : value,
      );
    }
    return record;
  }

  #named({ entry, input }: ImportRecord): unknown {
    if (entry === undefined || 'fault' in entry) return input;
    const named: NamedRecord = {};
    const pairs =
      'cells' in entry ? this.#header.map((column, at) => [column, entry.cells[at]]) : Object.entries(entry.document);
    for (const [column, value] of pairs) {
      const name = String(column);
      const field = this.#columns.fieldOf(name);
      if (field !== null) define(named, field?.property ?? name, value ?? null);
    }
    return named;
  }
}

/** Also where the name is one that every object has, such as `__proto__`. */
function define(record: NamedRecord, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true, configurable: true });
  else record[name] = value;
}

function isFault({ entry }: ImportRecord): boolean {
  return entry !== undefined && 'fault' in entry;
}

function processedAs(record: ImportRecord, processed: unknown): ImportRecord | null {
  return processed === null ? null : record.processed(processed);
}
