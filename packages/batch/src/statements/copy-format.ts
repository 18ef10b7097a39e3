import type { Field } from '@uno/domain';
import type { CopyFormat } from './copy-statement.js';
import type { TableFacts } from './table-facts.js';

/** Texts of all kinds are the same bytes: text, char(n), varchar(n). */
const textOids: ReadonlySet<number> = new Set([25, 1042, 1043]);

/**
 * Binary data have to be of the very type of their column, as nothing converts them: a COPY is in text where a column is
 * mapped to another type, or has one without a number that is the same on every server.
 */
export function copyFormat(fields: readonly Field[], { columns }: TableFacts): CopyFormat {
  const fits = ({ column, type }: Field) => {
    const given = type.unnestsApart ? undefined : type.binary?.oid;
    const stored = columns.get(column)?.type;
    if (given === undefined || stored === undefined) return false;
    return given === stored || (textOids.has(given) && textOids.has(stored));
  };
  return fields.every(fits) ? 'binary' : 'text';
}
