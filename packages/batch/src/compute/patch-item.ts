import { type AnyMapping, encodeField, type Field, readRecord, type TextRow } from '@uno/domain';
import { InvalidValue, ValidationError } from '@uno/postgres';
import { WorkItem } from '../shapes/work-item.js';
import type { Place } from './computation.js';

/**
 * What is to be written to a row, of what was computed from it: the fields that are different from what was read. So an
 * entity may be changed and given back as a whole, and a row that stays as it is is left alone.
 *
 * @param allowed - the fields that may be written
 * @throws ValidationError when it is no change of that row
 */
export function patchItem(
  mapping: AnyMapping,
  allowed: readonly Field[],
  row: TextRow,
  patch: unknown,
  { index, key }: Place,
): WorkItem {
  if (patch === undefined || patch === null) return WorkItem.ofKey(mapping, key, index);
  const { values } = readRecord(mapping, patch, index);
  const isOther = (field: Field) => {
    const value = values[field.position];
    return value !== undefined && !isAsRead(mapping, field, value, row, index);
  };
  const moved = mapping.keyFields.find(isOther);
  if (moved !== undefined) {
    throw new ValidationError(
      `${mapping.name} record ${index}: what was computed has another "${moved.property}" than the row, which keeps its key.`,
      { index, field: moved.property },
    );
  }
  const changed = mapping.fields.map((field) =>
    allowed.includes(field) && isOther(field) ? values[field.position] : undefined,
  );
  return WorkItem.ofKey(mapping, key, index, changed);
}

/** Whether there is something to write. */
export function isChanged({ values }: WorkItem): boolean {
  return values.some((value) => value !== undefined);
}

/** Whether a value is what reading the row gave; a timestamp of microseconds, say, is read as one of milliseconds. */
function isAsRead(mapping: AnyMapping, field: Field, value: unknown, row: TextRow, index: number): boolean {
  const text = row[field.position] ?? null;
  if (value === null && text === null) return true;
  const encoded = encodeField(mapping, field, value, index);
  if (encoded === text) return true;
  return encoded !== null && text !== null && encoded === encodedAgain(field, text);
}

function encodedAgain({ type }: Field, text: string): string | undefined {
  try {
    return type.encode(type.decode(text));
  } catch (error) {
    // The mapping may be narrower than the table: then it is another value.
    if (error instanceof InvalidValue || error instanceof RangeError) return undefined;
    throw error;
  }
}
