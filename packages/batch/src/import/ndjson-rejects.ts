import type { RejectFormat } from './record-file.js';

/** Rejected records that come from no file, a line of JSON each. */
export const ndjsonRejects: RejectFormat = {
  head: '',
  lead: 0,
  foot: '',
  entry(raw, { line, field, reason }) {
    const note = JSON.stringify({ uno_line: line, uno_field: field, uno_reason: reason });
    const rest = raw === '{}' ? '}' : `,${raw.slice(1)}`;
    return `${latin1(note.slice(0, -1))}${raw.startsWith('{') ? rest : `,"uno_record":${raw}}`}\n`;
  },
};

/** A record of the caller's as JSON, one character a byte; what JSON has no word for as text. */
export function rawOf(input: unknown): string {
  try {
    return latin1(JSON.stringify(input, sayable) ?? 'null');
  } catch {
    // Such as an object that contains itself.
    return 'null';
  }
}

function sayable(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
