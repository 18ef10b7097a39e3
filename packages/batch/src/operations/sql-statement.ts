import type { WriteKind } from '@uno/domain';
import { ConfigError, kindOf, type TextStatement } from '@uno/postgres';
import { outlineOf } from '../statements/sql-outline.js';

/** A statement that is done for many sets of parameters. */
export interface SqlStatement {
  readonly statement: TextStatement;
  /** How many parameters a set has. */
  readonly parameters: number;
  /** Whether it cannot commit by itself what was done before it, as procedures may outside of a transaction. */
  readonly isPlain: boolean;
  /** Whether it is a query: that may call a function that writes, or not. */
  readonly isQuery: boolean;
  readonly kind: WriteKind;
}

/** They end or divide the transaction that the sets are done in, or speak another protocol. */
const refused: ReadonlySet<string> = new Set([
  ...['abort', 'begin', 'commit', 'end', 'release', 'rollback', 'savepoint', 'start'],
  'copy',
]);
const queries: ReadonlySet<string> = new Set(['select', 'show', 'table', 'values']);

/**
 * What is to be known of a statement before it is sent.
 *
 * It has no name, by which it would stay prepared on the connection for good, like every other text: it is prepared once
 * for all sets that are sent together.
 *
 * @throws ConfigError for what is no statement, or one that would end the transaction
 */
export function sqlStatement(operation: string, sql: unknown): SqlStatement {
  if (typeof sql !== 'string') throw new ConfigError(`${operation} takes SQL as text, not ${kindOf(sql)}.`);
  const { words, parameters } = outlineOf(sql);
  const [first, second] = words;
  if (first === undefined) throw new ConfigError(`${operation} takes an SQL statement, and there is none in the text.`);
  if (refused.has(first) || (first === 'prepare' && second === 'transaction')) {
    throw new ConfigError(
      `${operation} takes statements that read or write, not ${first.toUpperCase()}: transactions are up to atomicity, and COPY needs a stream of its own.`,
    );
  }
  return {
    statement: { sql },
    parameters,
    isPlain: first !== 'call' && first !== 'do',
    isQuery: queries.has(first),
    // Whatever else it is, rows may be new or different.
    kind: first === 'update' || first === 'delete' ? first : 'upsert',
  };
}
