import { identifier } from '../dialect/identifier.js';
import { type BinaryForm, InvalidValue, invalid, type PgType, scalar } from './pg-type.js';

const identity = (text: string): string => text;

/** What PostgreSQL's text cannot hold is found before it is sent: U+0000 and halves of surrogate pairs. */
function checkText(type: string, value: unknown): string {
  if (typeof value !== 'string') return invalid(type, 'a string', value);
  if (value.includes('\0')) throw new InvalidValue(`${type} cannot hold the character U+0000`);
  if (!value.isWellFormed()) throw new InvalidValue(`${type} cannot hold a lone surrogate (half of a character)`);
  return value;
}

function limited(sql: string, length: number): (value: unknown) => string {
  return (value) => {
    const text = checkText(sql, value);
    // Only text longer in UTF-16 units can be longer in characters, which is what PostgreSQL counts.
    if (text.length > length && [...text].length > length)
      throw new InvalidValue(`${sql} takes up to ${length} characters`);
    return text;
  };
}

/** Bytes of a text of ordinary length. */
const usualBytes = 24;

/**
 * Texts are the same in both formats.
 *
 * @param plainUpTo - so many characters of ASCII are a value as they are; none if not said
 */
export function textForm(oid: number, encode: (value: unknown) => string, plainUpTo = -1): BinaryForm {
  return {
    oid,
    bytes: usualBytes,
    check: encode,
    write: (value, into) => {
      const isPlain = typeof value === 'string' && value.length <= plainUpTo && into.shortAscii(value);
      if (!isPlain) into.text(encode(value));
    },
  };
}

/** The number of `text`. */
export const textOid = 25;

const plainText = (value: unknown) => checkText('text', value);

export const text: PgType<string, string> = scalar('text', plainText, identity, {
  canonical: true,
  collated: true,
  binary: textForm(textOid, plainText, Number.POSITIVE_INFINITY),
});

/**
 * Text under a nondeterministic collation, in which texts that differ can be equal, so that none can identify a row. The
 * collation is part of every cast, and so decides every comparison. An array cannot carry it from one to the next, and
 * therefore is one of plain text that is cast afterwards.
 */
export function looseText(collation: string, schema?: string): PgType<string, string> {
  const looseCollation = [...(schema === undefined ? [] : [schema]), collation].map(identifier).join('.');
  return scalar(`text collate ${looseCollation}`, (value) => checkText('text', value), identity, {
    unnestsApart: true,
    looseCollation,
  });
}

export function varchar(length: number): PgType<string, string> {
  const encode = limited(`varchar(${length})`, length);
  return scalar(`varchar(${length})`, encode, identity, {
    canonical: true,
    collated: true,
    binary: textForm(1043, encode, length),
  });
}

/** Padded with spaces by PostgreSQL, which also ignores them in comparisons; so it cannot identify a row by its text. */
export function char(length: number): PgType<string, string> {
  const encode = limited(`char(${length})`, length);
  return scalar(`char(${length})`, encode, identity, { collated: true, binary: textForm(1042, encode) });
}

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function checkUuid(value: unknown): string {
  if (typeof value === 'string' && uuidText.test(value)) return value;
  return invalid('uuid', 'text such as 123e4567-e89b-12d3-a456-426614174000', value);
}

export const uuid: PgType<string, string> = scalar('uuid', (value) => checkUuid(value).toLowerCase(), identity, {
  bare: true,
  canonical: true,
  binary: {
    oid: 2950,
    bytes: 16,
    check: checkUuid,
    write: (value, into) => into.raw(Buffer.from(checkUuid(value).replaceAll('-', ''), 'hex')),
  },
});

/** An enumerated type; its labels are checked before they are sent. */
export function enumeration<const V extends string>(name: string, labels: readonly V[]): PgType<V, V> {
  if (labels.length === 0) throw new RangeError(`the enumerated type ${name} has no labels`);
  const known = new Map<string, V>(labels.map((label) => [label, label]));
  const allowed = `one of ${labels.join(', ')}`;
  return scalar(
    name,
    (value) => {
      if (typeof value !== 'string' || !known.has(value)) {
        return invalid(name, allowed, value, typeof value === 'string' ? 'other text' : undefined);
      }
      return value;
    },
    (label) => {
      const found = known.get(label);
      if (found === undefined) throw new RangeError(`"${label}" is not a label of ${name} that the mapping knows`);
      return found;
    },
    { canonical: true, enumeration: Object.freeze({ name, labels: Object.freeze([...labels]) }) },
  );
}

/** Any other type by PostgreSQL's own text for it: ranges, inet, interval, tsvector, composite types. */
export function textOf(sql: string): PgType<string, unknown> {
  return scalar(sql, (value) => checkText(sql, value), identity, {
    collated: true,
    comparable: false,
    unnestsApart: true,
  });
}
