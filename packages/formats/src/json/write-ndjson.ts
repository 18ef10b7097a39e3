import { kindOf, ValidationError } from '@uno/postgres';
import { blocksOf } from '../write-blocks.js';

/**
 * One line of NDJSON: a document with its line break, which {@link readNdjson} reads back. Bigints are written with all
 * their digits, -0 as such; NaN and the infinities, which JSON lacks, as texts, as PostgreSQL does; dates as ISO 8601 in
 * UTC, bytes as PostgreSQL's `\x…`. What is `undefined` is left out.
 *
 * @param index - which document it is, from 0, for errors
 * @throws ValidationError for what is no object, and for values that JSON cannot say, such as a bigint, NaN or a Map within
 *   a value, or an invalid date
 * @example
 * ```ts
 * ndjsonLine({ id: 9007199254740993n, name: 'Oslo' }, 0); // {"id":9007199254740993,"name":"Oslo"}\n
 * ```
 */
export function ndjsonLine(document: Readonly<Record<string, unknown>>, index: number): string {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ValidationError(`Row ${index} of the NDJSON is ${kindOf(document)}, not an object.`, { index });
  }
  let line = '{';
  for (const [field, value] of Object.entries(document)) {
    if (value === undefined) continue;
    const text = jsonOf(value);
    if (text === undefined) {
      const reason = `what JSON cannot say (${kindOf(value)})`;
      throw new ValidationError(`Row ${index} of the NDJSON has ${reason} in ${field}.`, { index, field, reason });
    }
    line += `${line.length === 1 ? '' : ','}${JSON.stringify(field)}:${text}`;
  }
  return `${line}}\n`;
}

/**
 * Writes NDJSON ({@link ndjsonLine}) of documents that come one after the other, in blocks of about 64 Ki characters. A
 * document is taken when a block is asked for, so that whoever writes the blocks sets the pace.
 *
 * @throws ValidationError when iterated, for a document that cannot be written
 * @example
 * ```ts
 * await pipeline(writeNdjson(documents), createGzip(), createWriteStream('cities.ndjson.gz'));
 * ```
 */
export function writeNdjson(
  documents: Iterable<Readonly<Record<string, unknown>>> | AsyncIterable<Readonly<Record<string, unknown>>>,
): AsyncGenerator<string> {
  return blocksOf(documents, '', ndjsonLine);
}

/** The JSON of a value at the top level of a document; `undefined` where there is none. */
function jsonOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (Object.is(value, -0)) return '-0';
      return Number.isFinite(value) ? String(value) : `"${value}"`;
    case 'bigint':
      return String(value);
    case 'object':
      if (value instanceof Uint8Array) {
        return JSON.stringify(`\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`);
      }
      return isJson(value) ? JSON.stringify(value) : undefined;
    default:
      return undefined;
  }
}

/** Whether JSON.stringify loses nothing of it: it makes null of NaN, and {} of a Map. */
function isJson(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value);
    case 'bigint':
    case 'function':
    case 'symbol':
      return false;
    case 'object':
      if (value === null) return true;
      if (value instanceof Date) return !Number.isNaN(value.getTime());
      if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) return false;
      return 'toJSON' in value || Object.values(value).every(isJson);
    default:
      return true;
  }
}
