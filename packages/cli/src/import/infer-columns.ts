import type { FileEntry } from '@uno/formats';

/** A column of a table that is to be created. */
export interface InferredColumn {
  readonly name: string;
  /** The type as SQL says it. */
  readonly type: string;
}

/** Types of texts from the narrowest on; each has to take all values of a column. Numbers with leading zeros are none. */
const textTypes: readonly (readonly [string, (text: string) => boolean])[] = [
  ['boolean', (text) => /^(true|false|t|f)$/i.test(text)],
  ['integer', (text) => isWhole(text, 2n ** 31n)],
  ['bigint', (text) => isWhole(text, 2n ** 63n)],
  ['numeric', (text) => /^[+-]?(0|[1-9]\d*)(\.\d+)?$/.test(text)],
  [
    'double precision',
    (text) => /^[+-]?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text) || /^(nan|-?infinity)$/i.test(text),
  ],
  ['uuid', (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)],
  ['date', (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text)],
  ['timestamptz', (text) => isMoment(text) && /(Z|[+-]\d\d(:?\d\d)?)$/i.test(text)],
  ['timestamp', (text) => isMoment(text) && !/(Z|[+-]\d\d(:?\d\d)?)$/i.test(text.slice(10))],
];

/** The types that take all values of some records; a column without any value is text. */
export function inferColumns(header: readonly string[] | undefined, entries: readonly FileEntry[]): InferredColumn[] {
  const values = new Map<string, unknown[]>((header ?? []).map((name) => [name, []]));
  for (const entry of entries) {
    if ('cells' in entry) {
      for (const [at, name] of (header ?? []).entries()) values.get(name)?.push(entry.cells[at]);
    } else if ('document' in entry) {
      for (const [name, value] of Object.entries(entry.document)) {
        const known = values.get(name);
        if (known === undefined) values.set(name, [value]);
        else known.push(value);
      }
    }
  }
  return [...values].map(([name, all]) => ({
    name,
    type: typeOf(all.filter((value) => value !== null && value !== undefined)),
  }));
}

function typeOf(values: readonly unknown[]): string {
  if (values.length === 0) return 'text';
  if (values.some((value) => typeof value === 'object')) return 'jsonb';
  if (values.every((value) => typeof value === 'boolean')) return 'boolean';
  if (values.some((value) => typeof value === 'boolean')) return 'text';
  const texts = values.map(String);
  return textTypes.find(([, takes]) => texts.every(takes))?.[0] ?? 'text';
}

function isWhole(text: string, limit: bigint): boolean {
  if (!/^-?(0|[1-9]\d{0,18})$/.test(text)) return false;
  const value = BigInt(text);
  return value >= -limit && value < limit;
}

function isDay(text: string): boolean {
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?$/i.test(text) && isDay(text);
}
