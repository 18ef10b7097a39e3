import { isUtf8 } from 'node:buffer';
import { kindOf } from '@uno/postgres';
import type { FileEntry, RecordFault } from '../file-entry.js';
import { invalidByte } from '../source/invalid-byte.js';
import { keepsDigits, parseExactly } from './exact-numbers.js';

/** Makes an entry of the bytes of one JSON document. */
export class DocumentParser {
  readonly #exact: boolean;

  constructor(numbers: 'exact' | 'rounded') {
    this.#exact = numbers === 'exact';
  }

  /** @param ascii - whether the bytes are known to be ASCII */
  entry(line: number, raw: string, ascii: boolean): FileEntry {
    let json = raw;
    if (!ascii && /[^\0-\x7f]/.test(raw)) {
      const bytes = Buffer.from(raw, 'latin1');
      if (!isUtf8(bytes)) return { line, raw, fault: undecodable(raw) };
      json = bytes.toString('utf8');
    }
    try {
      const parsed = this.#exact && !keepsDigits(json) ? parseExactly(json) : { value: JSON.parse(json) };
      if ('fault' in parsed) return { line, raw, fault: parsed.fault };
      const { value } = parsed;
      if (isDocument(value)) {
        const entry = { line, raw, document: value };
        return 'digits' in parsed && parsed.digits.length > 0 ? { ...entry, digits: parsed.digits } : entry;
      }
      return { line, raw, fault: { reason: `it is ${kindOf(value)}, not an object` } };
    } catch (error) {
      return { line, raw, fault: { reason: whatIsWrong(json, error) } };
    }
  }
}

function isDocument(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where JSON is wrong. V8 tells the position of some errors only, and repeats what is in the record. */
function whatIsWrong(json: string, error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply';
  let message = '';
  try {
    parseExactly(json);
  } catch (precise) {
    message = precise instanceof SyntaxError ? precise.message : '';
  }
  if (message.includes('reached end of input')) return 'it is not valid JSON: it ends in the middle';
  const [, position] = / at position (\d+)$/.exec(message) ?? [];
  return `it is not valid JSON${position === undefined ? '' : `: see its character ${Number(position) + 1}`}`;
}

/** Which byte is wrong, and under which key. */
function undecodable(raw: string): RecordFault {
  const hint = 'convert the file to UTF-8';
  try {
    const value: unknown = JSON.parse(raw);
    for (const [column, item] of Object.entries(isDocument(value) ? value : {})) {
      const what = typeof item === 'string' ? invalidByte(item) : undefined;
      if (what !== undefined && !raw.includes('\\u')) return { reason: `${what}; ${hint}`, column };
    }
  } catch {
    // Nor is it JSON: the whole of it is the value, then.
  }
  return { reason: `${invalidByte(raw) ?? 'it is not UTF-8'}; ${hint}` };
}
