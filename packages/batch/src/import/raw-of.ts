/** A record of the caller's as JSON, one character a byte; what JSON has no word for as text. */
export function rawOf(input: unknown): string {
  try {
    return Buffer.from(JSON.stringify(input, sayable) ?? 'null').toString('latin1');
  } catch {
    // Such as an object that contains itself.
    return 'null';
  }
}

function sayable(this: unknown, name: string, value: unknown): unknown {
  // Its `toJSON` gives null, which would be a value.
  const given: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, name) : value;
  if (given instanceof Date && Number.isNaN(given.getTime())) return String(given);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
