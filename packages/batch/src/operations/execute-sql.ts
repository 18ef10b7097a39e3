import type { WriteTarget } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import { BatchRun } from '../engine/batch-run.js';
import type { EngineCall } from '../engine/engine-call.js';
import type { BatchSource } from '../source/batch-source.js';
import { observersOfTables } from '../workspace/observers-of-tables.js';
import { TransactionWorkspace } from '../workspace/transaction-workspace.js';
import { ExecuteSqlJob } from './execute-sql-job.js';
import type { BatchExecuteSqlOptions, SqlParameter } from './execute-sql-options.js';
import type { ExecuteSqlResult, ExecuteSqlTotals } from './sql-account.js';
import { type SqlStatement, sqlStatement } from './sql-statement.js';

/** What is to be known of the statement and who hears of it, checked. */
interface Plan {
  readonly sql: SqlStatement;
  readonly target: WriteTarget;
}

/**
 * What does a call of `batchExecuteSql`.
 *
 * @throws ConfigError for what is no statement that can be done for many sets, and options that contradict each other
 */
export function executeSql<R extends object>(
  on: WriteTarget,
  text: string,
  sets: BatchSource<readonly SqlParameter[]>,
  options: BatchExecuteSqlOptions,
): (call: EngineCall) => Promise<ExecuteSqlTotals & Partial<ExecuteSqlResult<R>>> {
  const { sql, target } = planOf(on, text, options);
  const { writes, kind = sql.kind, returnRows, idempotent, keyOf } = options;
  return (call) => {
    const workspace = new TransactionWorkspace({
      target,
      kind,
      signal: call.deadline.signal,
      recorder: call.recorder,
      writes: writes ?? !sql.isQuery,
    });
    const job = new ExecuteSqlJob<R>({ sql, db: on.db, workspace, writes, returnRows, idempotent, keyOf });
    return new BatchRun(job, call).run(sets, (account) => (returnRows === false ? account.totals() : account.result()));
  };
}

function planOf(on: WriteTarget, text: string, { writes, tables, kind }: BatchExecuteSqlOptions): Plan {
  if (writes === false && (tables !== undefined || kind !== undefined)) {
    throw new ConfigError(
      'batchExecuteSql: writes: false says that there is nothing to tell of tables and their kind.',
    );
  }
  const observers = writes === false ? [] : observersOfTables(tables ?? [on.mapping], on.observers);
  return { sql: sqlStatement('batchExecuteSql', text), target: { ...on, observers } };
}
