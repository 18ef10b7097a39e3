import type { Retry } from './uno-error.js';

/** The kinds of failure that the SQLSTATE table tells apart; each has an error class. */
export type FailureKind =
  | 'constraint'
  | 'validation'
  | 'serialization'
  | 'deadlock'
  | 'lock-timeout'
  | 'statement-timeout'
  | 'canceled'
  | 'connection'
  | 'resource'
  | 'aborted'
  | 'statement';

export interface SqlstateRule {
  /** A whole SQLSTATE, or its first characters. */
  readonly prefix: string;
  readonly kind: FailureKind;
  readonly retry: Retry;
  /** Whether one record of many can be the reason, so that looking for it makes sense. */
  readonly recordFault: boolean;
  /** Whether the connection is of no further use. */
  readonly fatal: boolean;
}

function rule(
  prefix: string,
  kind: FailureKind,
  retry: Retry,
  flags: { record?: true; fatal?: true } = {},
): SqlstateRule {
  return { prefix, kind, retry, recordFault: flags.record ?? false, fatal: flags.fatal ?? false };
}

/**
 * The one place where SQLSTATEs get a meaning. The longest prefix wins. Codes and classes are those of appendix A of
 * PostgreSQL's documentation, "PostgreSQL Error Codes".
 */
export const sqlstateRules: readonly SqlstateRule[] = [
  rule('08', 'connection', 'if-idempotent', { fatal: true }),
  rule('09', 'statement', 'never', { record: true }), // raised by a trigger
  rule('21', 'statement', 'never', { record: true }), // ON CONFLICT may not touch a row twice
  rule('22', 'validation', 'never', { record: true }),
  rule('23', 'constraint', 'never', { record: true }),
  rule('25P02', 'aborted', 'never'),
  rule('25P03', 'statement-timeout', 'whole-transaction', { fatal: true }), // idle in transaction
  rule('25P04', 'statement-timeout', 'whole-transaction', { fatal: true }), // transaction_timeout
  rule('28', 'connection', 'never', { fatal: true }),
  rule('3D000', 'connection', 'never', { fatal: true }),
  rule('40', 'serialization', 'whole-transaction'),
  rule('40002', 'constraint', 'never', { record: true }),
  rule('40003', 'connection', 'if-idempotent', { fatal: true }), // whether the statement was completed is not known
  rule('40P01', 'deadlock', 'whole-transaction'),
  rule('42', 'statement', 'never'),
  rule('428C9', 'statement', 'never', { record: true }), // a value for a column that is always generated
  rule('44', 'constraint', 'never', { record: true }), // WITH CHECK OPTION of a view
  rule('53', 'resource', 'whole-transaction'),
  rule('53300', 'resource', 'safe', { fatal: true }), // too many connections
  rule('54', 'resource', 'never', { record: true }), // a row or an index entry too large
  rule('55P03', 'lock-timeout', 'whole-transaction'),
  rule('57014', 'canceled', 'whole-transaction'),
  rule('57P01', 'connection', 'whole-transaction', { fatal: true }), // terminated by an administrator
  rule('57P02', 'connection', 'whole-transaction', { fatal: true }), // crash of another backend
  rule('57P03', 'connection', 'safe', { fatal: true }), // starting up or shutting down
  rule('57P04', 'connection', 'never', { fatal: true }), // the database was dropped
  rule('57P05', 'connection', 'safe', { fatal: true }), // idle session timeout
  rule('58', 'resource', 'whole-transaction'),
  rule('P0', 'statement', 'never', { record: true }), // RAISE EXCEPTION in a trigger
  rule('XX', 'statement', 'never'),
];

const fallback = rule('', 'statement', 'never');

/**
 * RAISE EXCEPTION with a code of its own: the SQL standard leaves the classes that begin with 5 to 9 or I to Z to
 * implementations, and PostgreSQL uses only a few of these.
 */
const raised = rule('', 'statement', 'never', { record: true });
const byPrefix = new Map(sqlstateRules.map((entry) => [entry.prefix, entry]));

/** The rule of an SQLSTATE; an unknown one is a statement that is refused and never repeated, maybe for a record. */
export function ruleOf(sqlstate: string): SqlstateRule {
  for (let length = 5; length >= 2; length--) {
    const found = byPrefix.get(sqlstate.slice(0, length));
    if (found !== undefined) return found;
  }
  return /^(?!5[3-8]|72|P0|XX)[5-9I-Z]/.test(sqlstate) ? raised : fallback;
}
