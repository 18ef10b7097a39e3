import type { Field } from './field.js';

/** Types by name whose casts would cut a value down to the length or precision that the mapping says. */
const modified = /^(numeric|varchar|timestamptz|timestamp|timetz|time|interval)\([^)]*\)/;

/**
 * The type without its length or precision, which a column may exceed: a cast to `varchar(3)` cuts a longer text down,
 * and what is stored would seem to be what is asked for. (`char` without a length is `char(1)`; `bpchar` has none.)
 */
function unmodified(sql: string): string {
  return sql.replace(modified, '$1').replace(/^char\([^)]*\)/, 'bpchar');
}

/**
 * An SQL condition: whether writing one value over another would change what is stored, NULL included. Unlike `<>` it
 * tells -0 from 0, the numeric 1.0 from 1.00, two spellings of a json document, and texts that a collation takes for
 * equal.
 *
 * Where equal values are stored alike, that is `is distinct from`, whose cost beside that of an update does not show;
 * text is compared by its bytes; everything else by the image of the stored value, which makes an update of such columns
 * cost about a quarter more on the server.
 *
 * @param stored - an expression for the value in the table
 * @param given - an expression for the new one
 */
export function differsSql({ type }: Field, stored: string, given: string): string {
  if (type.canonical && !type.collated) return `${stored} is distinct from ${given}`;
  if (type.canonical) return `${stored}::text collate "C" is distinct from ${given}::text collate "C"`;
  const sql = unmodified(type.sql);
  return `record_image_ne(row(${stored}::${sql}), row(${given}::${sql}))`;
}
