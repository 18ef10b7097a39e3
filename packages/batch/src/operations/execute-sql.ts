import { type AnyMapping, resolveCall } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import type { ComputeTarget } from '../compute/compute-plan.js';
import { callDefaults } from '../config/batch-config.js';
import type { CallRequest } from '../engine/call-request.js';
import { observersOfTables } from '../workspace/observers-of-tables.js';
import { TransactionWorkspace } from '../workspace/transaction-workspace.js';
import { ExecuteSqlJob } from './execute-sql-job.js';
import { type BatchExecuteSqlOptions, executeSqlRules } from './execute-sql-options.js';
import { sqlStatement } from './sql-statement.js';

/** A call of `batchExecuteSql`. */
export interface SqlRequest<R extends object> extends CallRequest<ExecuteSqlJob<R>> {
  readonly returnRows: boolean;
  /** Whether something may be written, as far as can be told by the text. */
  readonly writes: boolean;
}

/**
 * What is to be known of the statement and who hears of it, checked.
 *
 * @throws ConfigError for what is no statement that can be done for many sets, and options that contradict each other
 */
export function sqlRequest<M extends AnyMapping, R extends object>(
  { mapping, db, observers, config }: ComputeTarget<M>,
  text: string,
  options: BatchExecuteSqlOptions,
): SqlRequest<R> {
  const operation = 'batchExecuteSql';
  const resolved = resolveCall(operation, executeSqlRules, callDefaults(config), options);
  const { writes, tables, returnRows, idempotent, keyOf } = resolved;
  if (writes === false && (tables !== undefined || resolved.kind !== undefined)) {
    throw new ConfigError(
      'batchExecuteSql: writes: false says that there is nothing to tell of tables and their kind.',
    );
  }
  const sql = sqlStatement(operation, text);
  const { kind = sql.kind } = resolved;
  const told = writes === false ? [] : observersOfTables(tables ?? [mapping], observers);
  const target = { mapping, db, observers: told };
  const mayWrite = writes ?? !sql.isQuery;
  return {
    operation,
    options: resolved,
    returnRows: returnRows !== false,
    writes: mayWrite,
    jobOf: ({ deadline: { signal }, recorder }) => {
      const workspace = new TransactionWorkspace({ target, kind, signal, recorder, writes: mayWrite });
      return new ExecuteSqlJob<R>({ sql, db, workspace, writes, returnRows, idempotent, keyOf });
    },
  };
}
