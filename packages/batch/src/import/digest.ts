import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { serialize } from 'node:v8';
import type { ImportRecord } from './import-record.js';

/** What tells whether a file is the same: its size, when it was changed last, and a digest of its bytes. */
export interface FileIdentity {
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly sha256: string;
}

/** A digest of records as they stand in their source. */
export function digestOf(records: readonly ImportRecord[]): string {
  const hash = createHash('sha256');
  const raw = records.map(({ entry }) => entry?.raw);
  if (raw.some((text) => text !== undefined)) hash.update(raw.join(''), 'latin1');
  else hash.update(serialize(records.map(({ input }) => input)));
  return hash.digest('hex');
}

/**
 * What tells whether a file is the same.
 *
 * @param known - of an earlier time: where size and time of change are the same, the bytes are not read again
 */
export async function identityOf(
  path: string,
  signal: AbortSignal | undefined,
  known?: FileIdentity,
): Promise<FileIdentity> {
  const { size: bytes, mtimeMs: modifiedMs } = await stat(path);
  if (known?.bytes === bytes && known.modifiedMs === modifiedMs) return known;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return { bytes, modifiedMs, sha256: hash.digest('hex') };
}
