import { InvalidValue, invalid, type PgType, scalar } from './pg-type.js';

/** What JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | JsonNull
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** The type of {@link jsonNull}. */
export class JsonNull {
  toJSON(): null {
    return null;
  }
}

/**
 * JSON's own `null` as the whole value of a json or jsonb column. A plain `null` there is SQL's NULL, the absence of a
 * document. Inside of a document write `null` as usual.
 */
export const jsonNull: JsonNull = Object.freeze(new JsonNull());

/** JSON text that is the same for equal documents is not needed here: PostgreSQL compares jsonb itself. */
function encodeJson(type: string): (value: unknown) => string {
  return (value) => {
    let encoded: string | undefined;
    try {
      encoded = JSON.stringify(value);
    } catch (error) {
      throw new InvalidValue(`${type} takes what JSON can say: ${error instanceof Error ? error.message : 'not this'}`);
    }
    if (encoded === undefined) return invalid(type, 'what JSON can say', value);
    // JSON.stringify writes both as escapes. PostgreSQL's jsonb refuses them, and json fails later, when read.
    if (encoded.includes('\\u0000') && /(?<!\\)(\\\\)*\\u0000/.test(encoded)) {
      throw new InvalidValue(`${type} cannot hold the character U+0000`);
    }
    if (encoded.includes('\\ud') && /(?<!\\)(\\\\)*\\ud[89a-f]/.test(encoded)) {
      throw new InvalidValue(`${type} cannot hold a lone surrogate (half of a character)`);
    }
    return encoded;
  };
}

function decodeJson<T>(text: string): T | JsonNull {
  const value: T | null = JSON.parse(text);
  return value === null ? jsonNull : value;
}

function copyJson<T>(value: T): T {
  return value === jsonNull || typeof value !== 'object' ? value : structuredClone(value);
}

/** `json` keeps the text it was given; PostgreSQL cannot compare two of them. */
export function json<T>(): PgType<T | JsonNull, T> {
  return scalar('json', encodeJson('json'), decodeJson<T>, { comparable: false, copy: copyJson });
}

/** `jsonb` keeps the meaning: no duplicate keys, no white space, its own order of keys. */
export function jsonb<T>(): PgType<T | JsonNull, T> {
  return scalar('jsonb', encodeJson('jsonb'), decodeJson<T>, { copy: copyJson });
}

/** `bytea` as bytes. */
export const bytea: PgType<Uint8Array, Uint8Array> = scalar<Uint8Array, Uint8Array>(
  'bytea',
  (value) => {
    if (!(value instanceof Uint8Array)) return invalid('bytea', 'a Uint8Array or Buffer', value);
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  },
  (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
  { copy: (value) => value.slice() },
);
