import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
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
  return { bytes, modifiedMs, sha256: await sha256Of(path, signal) };
}

/** A stream would take new memory for each piece. */
async function sha256Of(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 18);
  const file = await open(path);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
