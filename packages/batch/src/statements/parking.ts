import { type AnyMapping, cachedStatement, type Field, tableText, type UpdatePlan, updateSql } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import type { UniqueColumn } from './unique-facts.js';
import { sameKey, unnestedValue, unnestTable } from './unnest-sql.js';

/** At which end of a type's values those are looked for that nobody has. */
export type End = 'low' | 'high';

/** A column that gets a value for the moment. */
export interface ParkedColumn {
  readonly column: string;
  /** An SQL expression; see {@link spareValue}. */
  readonly value: string;
}

/** The number of a parked row, which no other row of the statement has, and hardly one of another statement. */
const number = '(seed.start + u.ord)';

/** Numbers start somewhere below this. */
export const seeds = 1_000_000_000;

/**
 * An expression for a value that no row can be expected to have, different in each row; `undefined` for a type that has
 * too few values, such as an enum or a boolean. Should a row have it all the same, the unique index says so.
 */
export function spareValue({ base, modifier }: UniqueColumn, end: End): string | undefined {
  const sign = end === 'low' ? '-' : '';
  switch (base) {
    case 'int2':
      return end === 'low' ? `-32768 + ${number} % 32000` : `32767 - ${number} % 32000`;
    case 'int4':
      return end === 'low' ? `-2147483648 + ${number}` : `2147483647 - ${number}`;
    case 'int8':
      return end === 'low' ? `-9223372036854775807 + ${number}` : `9223372036854775807 - ${number}`;
    case 'float4':
      // Whole numbers that it tells apart.
      return `${sign}(8388608 + ${number} % 8000000)`;
    case 'float8':
      return `${sign}(4503599627370496 + ${number})`;
    case 'numeric':
      return `${sign}(${spareNumeric(modifier)})`;
    case 'uuid':
      return 'gen_random_uuid()';
    case 'bytea':
      return 'uuid_send(gen_random_uuid())';
    case 'date':
      return `date '${end === 'low' ? '4000-01-01 BC' : '9000-01-01'}' + (${number} % 300000)::integer`;
    case 'timestamp':
    case 'timestamptz':
      return `${base} '${end === 'low' ? '4000-01-01 BC' : '9000-01-01'}' + ${number} * interval '1 second'`;
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'citext':
      return spareText(modifier, end);
    default:
      return undefined;
  }
}

/** The last values that a precision and a scale have. */
function spareNumeric(modifier: number): string {
  if (modifier < 0) return `1e18 + ${number}`;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  // In eleven bits, with a sign.
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  const count = precision > 9 ? seeds : 10 ** precision - 1;
  return `'1e${precision - scale}'::numeric - (1 + ${number} % ${count}) * '1e${-scale}'::numeric`;
}

/** Random digits, behind a character of private use, of which there are many even where one is all that fits; or letters. */
function spareText(modifier: number, end: End): string {
  const digits = `replace(gen_random_uuid()::text, '-', '')`;
  const text =
    end === 'low'
      ? `case getdatabaseencoding() when 'UTF8' then chr((983040 + ${number} % 65534)::integer) else '' end || ${digits}`
      : `upper(translate(${digits}, '0123456789', 'GHIJKLMNOP'))`;
  return modifier < 0 ? text : `left(${text}, ${modifier - 4})`;
}

/**
 * Gives rows other values for the moment, and the positions, from 1, of those that have got them: not of rows that are
 * stale. Parameters: the key fields, the version if there is one, a number below {@link seeds}.
 */
export function parkStatement(mapping: AnyMapping, plan: UpdatePlan, columns: readonly ParkedColumn[]): TextStatement {
  const { keyFields } = mapping;
  const assignments = columns.map(({ column, value }) => `${identifier(column)} = ${value}`).join(', ');
  return cachedStatement(mapping, `park ${assignments} ${plan.version?.position}`, () => {
    const input = [...keyFields, ...(plan.version === undefined ? [] : [plan.version])];
    const given = (field: Field) => unnestedValue(field, input.lastIndexOf(field));
    const { isCurrent } = updateSql(plan, [], given);
    return (
      `update ${tableText(mapping)} as t set ${assignments} ` +
      `from ${unnestTable(input, { ordinality: true })}, (select $${input.length + 1}::bigint) as seed(start) ` +
      `where ${sameKey(keyFields, 't')} and ${isCurrent} returning u.ord`
    );
  });
}
