import { preparedStatement, type TextStatement } from '@uno/postgres';
import type { AnyMapping } from './entity-mapping.js';

const statements = new WeakMap<AnyMapping, Map<string, TextStatement>>();

/**
 * The statement for a mapping, an operation and a set of columns: built once, so that its text, and with it the prepared
 * statement, is the same for every call. A mapping has as many as its callers use sets of columns.
 */
export function cachedStatement(mapping: AnyMapping, name: string, build: () => string): TextStatement {
  let known = statements.get(mapping);
  if (known === undefined) {
    known = new Map();
    statements.set(mapping, known);
  }
  let statement = known.get(name);
  if (statement === undefined) {
    statement = preparedStatement(build());
    known.set(name, statement);
  }
  return statement;
}
