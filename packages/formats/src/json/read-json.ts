import { EntryReader, type FileReader } from '../file-reader.js';
import { defaultRecordBytes } from '../read-options.js';
import type { ByteSource } from '../source/byte-source.js';
import { JsonArrayEntries } from './json-array-entries.js';
import { checkJsonOptions, type JsonOptions } from './json-options.js';
import { NdjsonEntries } from './ndjson-entries.js';

/**
 * Reads NDJSON (also called JSON Lines): a JSON object on each line, in UTF-8, plain or compressed by gzip.
 *
 * A record is a `document`, or the `fault` that it has: it is no JSON, no object, or not UTF-8. Empty lines are passed
 * over. A file without any record is fine. Of a key that comes twice the last value counts, as with `JSON.parse`; a key
 * `__proto__` is a key like others.
 *
 * Memory: some blocks of 128 KiB, or twice the longest line.
 *
 * @throws ConfigError for a wrong option; when opened and iterated {@link FileError}: no such file, a line that is too
 *   long, damaged gzip data
 * @example
 * ```ts
 * for await (const entries of readNdjson(process.stdin)) {
 *   for (const entry of entries) if ('document' in entry) console.log(entry.line, entry.document);
 * }
 * ```
 */
export function readNdjson(source: ByteSource, options: JsonOptions = {}): FileReader {
  checkJsonOptions('readNdjson', options);
  const { maxRecordBytes = defaultRecordBytes } = options;
  return new EntryReader('ndjson', source, new NdjsonEntries(options, maxRecordBytes), options);
}

/**
 * Reads a file that is one JSON array of objects, in UTF-8, plain or compressed by gzip, element by element.
 *
 * An element that is no object, no JSON within its own brackets, or not UTF-8 is a `fault`; what breaks the structure of
 * the array ends reading. Otherwise like {@link readNdjson}.
 *
 * @throws ConfigError for a wrong option; when opened and iterated {@link FileError}: no such file, an empty one, one that
 *   is no array or breaks off, an element that is too long, damaged gzip data
 * @example
 * ```ts
 * for await (const entries of readJson('cities.json')) console.log(entries.length);
 * ```
 */
export function readJson(source: ByteSource, options: JsonOptions = {}): FileReader {
  checkJsonOptions('readJson', options);
  const { maxRecordBytes = defaultRecordBytes } = options;
  return new EntryReader('json', source, new JsonArrayEntries(options, maxRecordBytes), options);
}
