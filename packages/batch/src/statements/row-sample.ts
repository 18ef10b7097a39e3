/**
 * Of rows that a statement writes whether they differ or not, some are looked at as they were before, in the same
 * statement: at most so many, spread over its records. What that costs does not grow with the number of records.
 */
const mostSampled = 100;

/** How many rows were looked at, and how many of them were as asked. */
export interface RowSample {
  readonly rows: number;
  readonly unchanged: number;
}

/**
 * Whether the record at `u.ord` is among them.
 *
 * @param array - one of the statement's array parameters, which has an element for every record
 */
export function isSampled(array: string): string {
  return `u.ord % (cardinality(${array}) / ${mostSampled} + 1) = 0`;
}

/** @param differs - whether a row would be another one afterwards */
export function sampledRows(differs: string): string {
  return `count(*) || ' ' || count(*) filter (where not ${differs})`;
}

/** Reads what {@link sampledRows} gives; nothing where no row was looked at. */
export function readSample(text: string | null | undefined): RowSample | undefined {
  const [rows = 0, unchanged = 0] = (text ?? '').split(' ').map(Number);
  return rows > 0 ? { rows, unchanged } : undefined;
}
