import { type BinaryForm, InvalidValue, invalid, type PgType, scalar } from './pg-type.js';
import { textForm } from './strings.js';

/** What JSON can say as a whole document, other than null; within one, `null` is itself. */
export type Json =
  | string
  | number
  | boolean
  | readonly (Json | null)[]
  | { readonly [key: string]: Json | null | undefined };

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

function encodeJson(type: string, nullDocument: boolean): (value: unknown) => string {
  return (value) => {
    let encoded: string | undefined;
    try {
      encoded = JSON.stringify(value);
      // After it, because it finds circles.
      checkJson(type, value);
    } catch (error) {
      if (error instanceof InvalidValue) throw error;
      // A circle, a bigint, or a toJSON that throws.
      throw new InvalidValue(`${type} takes what JSON can say: ${error instanceof Error ? error.message : 'not this'}`);
    }
    if (encoded === undefined) return invalid(type, 'what JSON can say', value);
    if (encoded === 'null' && !nullDocument) {
      throw new InvalidValue(`${type} takes no document that is null unless it is mapped with { nullDocument: true }`);
    }
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

/** Refuses what JSON.stringify would lose without a word: NaN and the infinities become null, a Map becomes {}. */
function checkJson(type: string, value: unknown): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new InvalidValue(`${type} cannot hold ${value}`);
  } else if (Array.isArray(value)) {
    for (const item of value) checkJson(type, item);
  } else if (typeof value === 'object' && value !== null && !('toJSON' in value)) {
    if (value instanceof Map || value instanceof Set) throw new InvalidValue(`${type} cannot hold a Map or a Set`);
    for (const item of Object.values(value)) checkJson(type, item);
  }
}

function decodeJson<T>(nullDocument: boolean): (text: string) => T | JsonNull {
  return (text) => {
    const value: T | null = JSON.parse(text);
    if (value !== null) return value;
    if (nullDocument) return jsonNull;
    throw new RangeError('a document that is null; map the column with { nullDocument: true }');
  };
}

function copyJson<T>(value: T): T {
  return value === jsonNull || typeof value !== 'object' ? value : structuredClone(value);
}

/**
 * `json` keeps the text it was given; PostgreSQL cannot compare two of them.
 *
 * @param nullDocument - whether {@link jsonNull} is a value
 */
export function json<T>(nullDocument: boolean): PgType<T, T> {
  const encode = encodeJson('json', nullDocument);
  const traits = {
    comparable: false,
    copy: copyJson<T>,
    binary: textForm(114, encode),
    parse: parsing('json', documentOf<T>(nullDocument)),
  };
  return scalar<T, T>('json', encode, documentOf<T>(nullDocument), traits);
}

/**
 * `jsonb` keeps the meaning: no duplicate keys, no white space, its own order of keys.
 *
 * @param nullDocument - whether {@link jsonNull} is a value
 */
export function jsonb<T>(nullDocument: boolean): PgType<T, T> {
  const encode = encodeJson('jsonb', nullDocument);
  const { bytes } = textForm(jsonbOid, encode);
  const binary: BinaryForm = {
    oid: jsonbOid,
    bytes,
    check: encode,
    write: (value, into) => into.text(encode(value), jsonbVersion),
  };
  return scalar<T, T>('jsonb', encode, documentOf<T>(nullDocument), {
    copy: copyJson<T>,
    binary,
    parse: parsing('jsonb', documentOf<T>(nullDocument)),
  });
}

function parsing<T>(sql: string, decode: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return decode(text);
    } catch (error) {
      const why = error instanceof RangeError ? error.message : 'this is none';
      throw new InvalidValue(`${sql} takes a document of JSON: ${why}`);
    }
  };
}

/** What a document is, beyond being JSON, is the mapping's word; nothing here could check it. */
function documentOf<T>(nullDocument: boolean): (text: string) => T {
  return decodeJson<T>(nullDocument) as (text: string) => T;
}

const jsonbOid = 3802;
/** The only version that `jsonb_recv` knows: the text follows. */
const jsonbVersion = 1;

const maxBytes = 2 ** 28 - 2 ** 16;

function checkBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) return invalid('bytea', 'a Uint8Array or Buffer', value);
  // Two characters a byte, and a JavaScript string holds about 2^29 of them.
  if (value.byteLength <= maxBytes) return value;
  throw new InvalidValue(`bytea takes up to ${maxBytes} bytes here`);
}

/** `bytea` as bytes. */
export const bytea: PgType<Uint8Array, Uint8Array> = scalar<Uint8Array, Uint8Array>(
  'bytea',
  (value) => {
    const { buffer, byteOffset, byteLength } = checkBytes(value);
    return `\\x${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}`;
  },
  (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
  {
    copy: (value) => value.slice(),
    binary: { oid: 17, bytes: 32, check: checkBytes, write: (value, into) => into.raw(checkBytes(value)) },
    parse: (text) =>
      /^\\x([0-9a-f]{2})*$/i.test(text)
        ? new Uint8Array(Buffer.from(text.slice(2), 'hex'))
        : invalid('bytea', 'text as \\x and two hexadecimal digits a byte', text),
  },
);
