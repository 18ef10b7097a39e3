import type { AnyMapping, Field } from '@uno/domain';
import { isNote } from '@uno/formats';
import { ConfigError } from '@uno/postgres';

/** What the columns of a file are for: the field of each by its name, or `null` for one that is passed over. */
export type ColumnNames = Readonly<Record<string, string | null>>;

/** What the columns of a file mean: by what was said of them, or by the names of fields and of their columns. */
export class ImportColumns {
  readonly #operation: string;
  readonly #mapping: AnyMapping;
  readonly #said: ReadonlyMap<string, string | null>;
  readonly #known = new Map<string, Field | null | undefined>();

  /** @throws ConfigError for a field that is none */
  constructor(operation: string, mapping: AnyMapping, said: ColumnNames = {}) {
    this.#operation = operation;
    this.#mapping = mapping;
    this.#said = new Map(Object.entries(said));
    for (const [column, property] of this.#said) {
      if (property === null || mapping.findField(property) !== undefined) continue;
      throw new ConfigError(
        `${operation}: columns says that "${column}" is for "${property}", and ${mapping.name} has no such field. It has: ${mapping.fieldNames()}.`,
      );
    }
  }

  /**
   * The field of a column; `null` for one that is passed over, `undefined` for one of which nothing is known.
   *
   * @throws ConfigError for one that is like several fields but for case, and like none exactly
   */
  fieldOf(column: string): Field | null | undefined {
    if (!this.#known.has(column)) this.#known.set(column, this.#find(column));
    return this.#known.get(column);
  }

  /**
   * The fields of a header.
   *
   * @param isProcessed - whether somebody makes records of what is read, who may know more columns and make fields
   * @throws ConfigError for a column of which nothing is known, for two of one field, and for a field that is needed
   */
  fieldsOf(header: readonly string[], isProcessed: boolean): readonly (Field | null)[] {
    const { name, fields } = this.#mapping;
    for (const column of this.#said.keys()) {
      if (header.includes(column)) continue;
      throw new ConfigError(
        `${this.#operation}: columns names "${column}", which the file does not have. It has: ${header.join(', ')}.`,
      );
    }
    const found = header.map((column) => this.fieldOf(column));
    const unknown = header.filter((_, at) => found[at] === undefined);
    if (unknown.length > 0 && !isProcessed) {
      throw new ConfigError(
        `${this.#operation}: the file has ${unknown.map((column) => `"${column}"`).join(', ')}, and ${name} no such field. It has: ${this.#mapping.fieldNames()}. Say by \`columns\` what they are for, or null to pass them over.`,
      );
    }
    for (const [at, field] of found.entries()) {
      const other = field ? found.indexOf(field) : at;
      if (other === at) continue;
      throw new ConfigError(
        `${this.#operation}: "${header[other]}" and "${header[at]}" of the file are both for "${field?.property}". Say by \`columns\` which is not.`,
      );
    }
    const missing = fields.filter((field) => field.insertMode === 'required' && !found.includes(field));
    if (missing.length > 0 && !isProcessed) {
      throw new ConfigError(
        `${this.#operation}: the file has no column for ${missing.map(({ property }) => `"${property}"`).join(', ')}, which every new ${name} needs. It has: ${header.join(', ')}. Say by \`columns\` which is which.`,
      );
    }
    return found.map((field) => field ?? null);
  }

  #find(column: string): Field | null | undefined {
    const said = this.#said.get(column);
    if (said !== undefined) return said === null ? null : this.#mapping.field(said);
    const { fields } = this.#mapping;
    const lower = column.trim().toLowerCase();
    const taken = new Set(this.#said.values());
    const free = fields.filter(({ property }) => !taken.has(property));
    const exact = free.find(({ property }) => property === column) ?? free.find((field) => field.column === column);
    if (exact !== undefined) return exact;
    const [alike, ...others] = free.filter(
      (field) => field.property.toLowerCase() === lower || field.column.toLowerCase() === lower,
    );
    if (others.length > 0) {
      const either = [alike, ...others].map((field) => `"${field?.property}"`).join(' or ');
      throw new ConfigError(
        `${this.#operation}: "${column}" of the file may be for ${either}. Say by \`columns\` for which.`,
      );
    }
    // What a file of rejected records has beside its own columns is passed over when it is imported again.
    return alike ?? (isNote(column) ? null : undefined);
  }
}
