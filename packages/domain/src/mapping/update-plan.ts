import { ConfigError, ValidationError } from '@uno/postgres';
import { isNumber } from './column.js';
import type { AnyMapping } from './entity-mapping.js';
import type { Field } from './field.js';
import { type InputRecord, recordName } from './record-reader.js';
import { updatableFields, updatedFields } from './record-shape.js';

/** What the caller of an update says of all its records. */
export interface UpdateOptions {
  readonly fields?: readonly string[] | undefined;
  readonly increment?: readonly string[] | undefined;
  readonly version?: string | undefined;
  readonly skipUnchanged?: boolean | undefined;
}

/** How the records of one update are written, checked. */
export interface UpdatePlan {
  /** Fields that may be written. */
  readonly allowed: readonly Field[];
  /** Those of them whose values are added to what is there. */
  readonly added: readonly Field[];
  /** What has to be in a row as it is in its record, and is increased by 1 when the row is written. */
  readonly version: Field | undefined;
  /** Whether rows that already are as asked are left alone. */
  readonly skipsUnchanged: boolean;
}

/** @throws ConfigError for a field that does not exist, or cannot be updated in the way that is asked for */
export function updatePlan(mapping: AnyMapping, options: UpdateOptions): UpdatePlan {
  const { fields, increment = [], version: versionName, skipUnchanged = true } = options;
  const added = updatableFields(mapping, increment);
  const other = added.find(({ definition }) => !isNumber(definition.kind));
  if (other !== undefined) {
    throw new ConfigError(
      `${mapping.name}.${other.property} is ${other.type.sql} and cannot be an increment. Numbers can: smallint, integer, bigint, real, double and numeric.`,
    );
  }
  const version = versionName === undefined ? undefined : versionField(mapping, versionName);
  if (version !== undefined && (fields?.includes(version.property) || increment.includes(version.property))) {
    throw new ConfigError(
      `${mapping.name}.${version.property} is the version, which is only counted: it cannot be among fields or increment.`,
    );
  }
  const named = updatableFields(mapping, Array.isArray(fields) ? [...fields, ...increment] : fields);
  const allowed = named.filter((field) => field !== version);
  return Object.freeze({ allowed, added, version, skipsUnchanged: skipUnchanged });
}

function versionField(mapping: AnyMapping, property: string): Field {
  const [field] = updatableFields(mapping, [property]);
  if (field?.definition.kind === 'integer') return field;
  throw new ConfigError(`${mapping.name}.${property} cannot be a version, which is a smallint, integer or bigint.`);
}

/** Whether doing an update twice comes to the same. */
export function isIdempotentUpdate({ added, version }: UpdatePlan): boolean {
  // What has been written is stale by its version, to who does it again.
  return added.length === 0 && version === undefined;
}

/**
 * Checks what a plan asks of a record besides being one.
 *
 * @throws ValidationError that names the record and the field
 */
export function checkPlanned(mapping: AnyMapping, { added, version }: UpdatePlan, record: InputRecord): void {
  const { values, index } = record;
  if (version !== undefined && (values[version.position] ?? null) === null) {
    throw new ValidationError(`${recordName(mapping, index)} has no "${version.property}", which is its version.`, {
      index,
      field: version.property,
    });
  }
  for (const { position, property } of added) {
    if (values[position] !== null) continue;
    throw new ValidationError(`${recordName(mapping, index)}, field "${property}": an increment takes no null.`, {
      index,
      field: property,
    });
  }
}

/** The fields of one record that an update writes. */
export function plannedFields({ allowed }: UpdatePlan, record: InputRecord): Field[] {
  return updatedFields(allowed, record);
}
