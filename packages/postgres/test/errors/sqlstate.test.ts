import { describe, expect, it } from '@jest/globals';
import { ruleOf, sqlstateRules } from '../../src/errors/sqlstate.js';
import { isConnectionLost, translateError } from '../../src/errors/translate.js';
import {
  CanceledError,
  ConnectionError,
  ConstraintError,
  DeadlockError,
  isRecordFault,
  LockTimeoutError,
  ResourceError,
  type Retry,
  SerializationError,
  StatementError,
  StatementTimeoutError,
  TransactionAbortedError,
  ValidationError,
} from '../../src/index.js';
import { serverError } from '../support/server-error.js';

type ErrorClass = abstract new (...args: never[]) => Error;
type Flag = 'record' | 'fatal';
type Row = readonly [code: string, condition: string, error: ErrorClass, retry: Retry, ...flags: Flag[]];

// Codes and condition names as in appendix A of PostgreSQL's documentation, "PostgreSQL Error Codes".
const expected: readonly Row[] = [
  ['08000', 'connection_exception', ConnectionError, 'if-idempotent', 'fatal'],
  ['08001', 'sqlclient_unable_to_establish_sqlconnection', ConnectionError, 'if-idempotent', 'fatal'],
  ['08003', 'connection_does_not_exist', ConnectionError, 'if-idempotent', 'fatal'],
  ['08006', 'connection_failure', ConnectionError, 'if-idempotent', 'fatal'],
  ['08007', 'transaction_resolution_unknown', ConnectionError, 'if-idempotent', 'fatal'],
  ['08P01', 'protocol_violation', ConnectionError, 'if-idempotent', 'fatal'],
  ['09000', 'triggered_action_exception', StatementError, 'never', 'record'],
  ['0A000', 'feature_not_supported', StatementError, 'never'],
  ['21000', 'cardinality_violation', StatementError, 'never', 'record'],
  ['22001', 'string_data_right_truncation', ValidationError, 'never', 'record'],
  ['22003', 'numeric_value_out_of_range', ValidationError, 'never', 'record'],
  ['22007', 'invalid_datetime_format', ValidationError, 'never', 'record'],
  ['22008', 'datetime_field_overflow', ValidationError, 'never', 'record'],
  ['22012', 'division_by_zero', ValidationError, 'never', 'record'],
  ['22021', 'character_not_in_repertoire', ValidationError, 'never', 'record'],
  ['22P02', 'invalid_text_representation', ValidationError, 'never', 'record'],
  ['22P05', 'untranslatable_character', ValidationError, 'never', 'record'],
  ['23000', 'integrity_constraint_violation', ConstraintError, 'never', 'record'],
  ['23001', 'restrict_violation', ConstraintError, 'never', 'record'],
  ['23502', 'not_null_violation', ConstraintError, 'never', 'record'],
  ['23503', 'foreign_key_violation', ConstraintError, 'never', 'record'],
  ['23505', 'unique_violation', ConstraintError, 'never', 'record'],
  ['23514', 'check_violation', ConstraintError, 'never', 'record'],
  ['23P01', 'exclusion_violation', ConstraintError, 'never', 'record'],
  ['25001', 'active_sql_transaction', StatementError, 'never'],
  ['25006', 'read_only_sql_transaction', StatementError, 'never'],
  ['25P01', 'no_active_sql_transaction', StatementError, 'never'],
  ['25P02', 'in_failed_sql_transaction', TransactionAbortedError, 'never'],
  ['25P03', 'idle_in_transaction_session_timeout', StatementTimeoutError, 'whole-transaction', 'fatal'],
  ['25P04', 'transaction_timeout', StatementTimeoutError, 'whole-transaction', 'fatal'],
  ['26000', 'invalid_sql_statement_name', StatementError, 'never'],
  ['28000', 'invalid_authorization_specification', ConnectionError, 'never', 'fatal'],
  ['28P01', 'invalid_password', ConnectionError, 'never', 'fatal'],
  ['3D000', 'invalid_catalog_name', ConnectionError, 'never', 'fatal'],
  ['3F000', 'invalid_schema_name', StatementError, 'never'],
  ['40000', 'transaction_rollback', SerializationError, 'whole-transaction'],
  ['40001', 'serialization_failure', SerializationError, 'whole-transaction'],
  ['40002', 'transaction_integrity_constraint_violation', ConstraintError, 'never', 'record'],
  ['40003', 'statement_completion_unknown', ConnectionError, 'if-idempotent', 'fatal'],
  ['40P01', 'deadlock_detected', DeadlockError, 'whole-transaction'],
  ['42501', 'insufficient_privilege', StatementError, 'never'],
  ['42601', 'syntax_error', StatementError, 'never'],
  ['42703', 'undefined_column', StatementError, 'never'],
  ['42804', 'datatype_mismatch', StatementError, 'never'],
  ['428C9', 'generated_always', StatementError, 'never', 'record'],
  ['42P01', 'undefined_table', StatementError, 'never'],
  ['44000', 'with_check_option_violation', ConstraintError, 'never', 'record'],
  ['53000', 'insufficient_resources', ResourceError, 'whole-transaction'],
  ['53100', 'disk_full', ResourceError, 'whole-transaction'],
  ['53200', 'out_of_memory', ResourceError, 'whole-transaction'],
  ['53300', 'too_many_connections', ResourceError, 'safe', 'fatal'],
  ['53400', 'configuration_limit_exceeded', ResourceError, 'whole-transaction'],
  ['54000', 'program_limit_exceeded', ResourceError, 'never', 'record'],
  ['55000', 'object_not_in_prerequisite_state', StatementError, 'never'],
  ['55006', 'object_in_use', StatementError, 'never'],
  ['55P03', 'lock_not_available', LockTimeoutError, 'whole-transaction'],
  ['57000', 'operator_intervention', StatementError, 'never'],
  ['57014', 'query_canceled', CanceledError, 'whole-transaction'],
  ['57P01', 'admin_shutdown', ConnectionError, 'whole-transaction', 'fatal'],
  ['57P02', 'crash_shutdown', ConnectionError, 'whole-transaction', 'fatal'],
  ['57P03', 'cannot_connect_now', ConnectionError, 'safe', 'fatal'],
  ['57P04', 'database_dropped', ConnectionError, 'never', 'fatal'],
  ['57P05', 'idle_session_timeout', ConnectionError, 'safe', 'fatal'],
  ['58000', 'system_error', ResourceError, 'whole-transaction'],
  ['58030', 'io_error', ResourceError, 'whole-transaction'],
  ['P0001', 'raise_exception', StatementError, 'never', 'record'],
  ['P0004', 'assert_failure', StatementError, 'never', 'record'],
  ['XX000', 'internal_error', StatementError, 'never'],
  ['XX001', 'data_corrupted', StatementError, 'never'],
  ['ZZ999', 'a code of a function of the user', StatementError, 'never', 'record'],
];

describe('the meaning of an SQLSTATE', () => {
  it.each(expected)('%s (%s) is what it should be', (code, _condition, errorClass, retry, ...flags) => {
    const error = translateError(serverError(code));
    expect(error).toBeInstanceOf(errorClass);
    expect({
      sqlstate: 'sqlstate' in error ? error.sqlstate : undefined,
      retry: error.retry,
      ruleRetry: ruleOf(code).retry,
      recordFault: isRecordFault(error),
      fatal: isConnectionLost(error),
    }).toEqual({
      sqlstate: code,
      retry,
      ruleRetry: retry,
      recordFault: flags.includes('record'),
      fatal: flags.includes('fatal'),
    });
  });

  it('leaves no row of the table without an expectation here', () => {
    const used = new Set(expected.map(([code]) => ruleOf(code)));
    expect(sqlstateRules.filter((rule) => !used.has(rule)).map(({ prefix }) => prefix)).toEqual([]);
  });

  it('has one row for each prefix, so that the longest is the only answer', () => {
    const prefixes = sqlstateRules.map(({ prefix }) => prefix);
    expect(new Set(prefixes).size).toBe(prefixes.length);
  });

  it('never looks for a record at fault where the whole transaction would have to be repeated', () => {
    expect(sqlstateRules.filter((rule) => rule.recordFault && rule.retry !== 'never')).toEqual([]);
  });
});
