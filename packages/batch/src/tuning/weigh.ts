/** What is found in a value. */
export interface Found {
  bytes: number;
  values: number;
}

/** Deeper, a document is no longer looked at, and of a list no more elements. */
const deepest = 4;
const mostElements = 16;

/** Bytes of a number, a date and so on, as text: a little more or less makes no difference. */
const smallBytes = 8;
const dateBytes = 24;

/**
 * Adds what a record, a key, or an item made of either weighs: the bytes of its texts and other values, about as they are
 * sent, and how many values it has. What cannot be looked at weighs nothing here, and is for others to complain of.
 */
export function weigh(record: unknown, found: Found): void {
  try {
    look(record, found, 0);
  } catch {
    // A getter of the caller's that throws does so again where the record is read.
  }
}

function look(value: unknown, found: Found, depth: number): void {
  if (typeof value !== 'object' || value === null) {
    found.values++;
    found.bytes += typeof value === 'string' ? value.length : smallBytes;
  } else if (ArrayBuffer.isView(value)) {
    found.values++;
    found.bytes += value.byteLength;
  } else if (value instanceof Date) {
    found.values++;
    found.bytes += dateBytes;
  } else if (depth >= deepest) {
    found.bytes += smallBytes;
  } else if (Array.isArray(value)) {
    lookAtSome(value, found, depth);
  } else {
    for (const name in value) look(Reflect.get(value, name), found, depth + 1);
  }
}

/** A long list weighs as many times what its first elements do. */
function lookAtSome(list: readonly unknown[], found: Found, depth: number): void {
  const some = Math.min(list.length, mostElements);
  const inside: Found = { bytes: 0, values: 0 };
  for (let i = 0; i < some; i++) look(list[i], inside, depth + 1);
  const times = some === 0 ? 0 : list.length / some;
  found.bytes += inside.bytes * times;
  found.values += inside.values * times;
}

/** About the bytes of some records that are much alike, of which some are looked at. */
export function bytesOf(records: readonly unknown[]): number {
  const found: Found = { bytes: 0, values: 0 };
  const step = Math.max(1, Math.floor(records.length / mostElements));
  let sampled = 0;
  for (let i = 0; i < records.length; i += step) {
    weigh(records[i], found);
    sampled++;
  }
  return sampled === 0 ? 0 : (found.bytes * records.length) / sampled;
}
