import { blamesRecord, CallbackError, EndOfCall, RefusedAtCommit } from '@uno/domain';
import {
  failedRequest,
  kindOf,
  objectsOf,
  type Queryable,
  type TogetherRequest,
  type TogetherResult,
  UnoError,
  ValidationError,
  WireParameters,
} from '@uno/postgres';
import type { BatchJob, Prepared, Verdict, Workspace } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import { judgeWrite } from '../workspace/judge.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { BatchExecuteSqlOptions, SqlParameter } from './execute-sql-options.js';
import { SqlAccount, type SqlDone, type SqlItem } from './sql-account.js';
import type { SqlStatement } from './sql-statement.js';

/** What a statement that is done for many sets of parameters is made of. */
export interface ExecuteSqlJobOptions
  extends Pick<BatchExecuteSqlOptions, 'returnRows' | 'writes' | 'idempotent' | 'keyOf'> {
  readonly sql: SqlStatement;
  readonly db: Queryable;
  readonly workspace: Workspace<WriteSession>;
}

/** A transaction that has written has an id, and no other has. */
const askWritten: TogetherRequest = {
  statement: { sql: 'select pg_current_xact_id_if_assigned() is not null' },
};

/** Does one statement for many sets of parameters: those of a chunk in one round trip. */
export class ExecuteSqlJob<R extends object>
  implements BatchJob<WriteSession, unknown, SqlItem, SqlDone<R>, SqlAccount<R>>
{
  readonly isIdempotent: boolean;
  readonly namesFaults = true;
  readonly workspace: Workspace<WriteSession>;
  readonly #options: ExecuteSqlJobOptions;
  /** Whether it is up to PostgreSQL to say whether something was written. */
  readonly #asks: boolean;
  /** Whether PostgreSQL has done the statement for some set. */
  #hasWorked = false;
  /** The set that an error is about. */
  readonly #faults = new WeakMap<object, SqlItem>();

  constructor(options: ExecuteSqlJobOptions) {
    const { sql, writes, idempotent = writes === false, workspace } = options;
    this.#options = options;
    this.workspace = workspace;
    this.isIdempotent = idempotent;
    this.#asks = writes === undefined && sql.isQuery;
  }

  read({ record, index }: Entry<unknown>): SqlItem {
    const { parameters } = this.#options.sql;
    if (!Array.isArray(record)) {
      throw new ValidationError(`A set of parameters is an array, not ${kindOf(record)}.`, { index });
    }
    if (record.length !== parameters) {
      throw new ValidationError(`The statement takes ${parameters} parameters, and the set has ${record.length}.`, {
        index,
      });
    }
    return { index, parameters: new WireParameters(record), key: this.#keyOf(record) };
  }

  partsOf(item: SqlItem): readonly SqlItem[] {
    return [item];
  }

  indicesOf({ index }: SqlItem): readonly number[] {
    return [index];
  }

  keyOfItem({ key }: SqlItem): string | undefined {
    return key;
  }

  keyOfRecord(record: unknown): string | undefined {
    try {
      return Array.isArray(record) ? this.#keyOf(record) : undefined;
    } catch {
      // That something is wrong with the set is what the message is about.
      return undefined;
    }
  }

  identityOf({ key }: SqlItem): string | undefined {
    return key;
  }

  prepare(items: readonly SqlItem[]): Prepared<WriteSession, SqlDone<R>> {
    const { sql, returnRows } = this.#options;
    const { statement, isPlain } = sql;
    const requests: TogetherRequest[] = items.map(({ parameters }) => ({
      statement,
      parameters,
      keepRows: returnRows,
    }));
    if (this.#asks) requests.push(askWritten);
    const done = (session: WriteSession, results: readonly TogetherResult[]) =>
      this.#done(session, results.slice(0, items.length), results.at(items.length));
    const about = (error: unknown): never => {
      throw this.#about(error, items, requests.length);
    };
    return {
      isOneStatement: isPlain,
      steps: () => this.#steps(items),
      send: async (session) => done(session, await session.together(requests).catch(about)),
      attempt: (session) => session.attemptTogether(requests, (results) => done(session, results)).catch(about),
      ahead: (session) => {
        const sent = session.sendAhead(requests);
        return sent && ((same) => same.attemptSent(sent, (results) => done(same, results)).catch(about));
      },
    };
  }

  #steps(items: readonly SqlItem[]): readonly Step[] {
    const { statement, parameters } = this.#options.sql;
    const indices = items.map(({ index }) => index);
    const sets: Step = {
      way: 'together',
      why: 'the sets of a chunk share a round trip',
      sql: statement.sql,
      parameters,
      times: items.length,
      indices,
    };
    if (!this.#asks) return [sets];
    const why = 'nobody has said whether the query writes, so PostgreSQL is asked in the same round trip';
    return [
      sets,
      { way: 'aside', why, sql: askWritten.statement.sql, parameters: 0, times: 1, indices, ridesAlong: true },
    ];
  }

  /** There is no other way to do it. */
  judge(error: unknown): Verdict {
    return judgeWrite(error) === 'record' ? 'record' : 'call';
  }

  faultIn(items: readonly SqlItem[], error: unknown): number | undefined {
    const item = typeof error === 'object' && error !== null ? this.#faults.get(error) : undefined;
    const position = item === undefined ? -1 : items.indexOf(item);
    return position < 0 ? undefined : position;
  }

  newAccount(): SqlAccount<R> {
    return new SqlAccount();
  }

  merge(into: SqlAccount<R>, part: SqlAccount<R>): void {
    into.take(part);
  }

  async #done(
    session: WriteSession,
    results: readonly TogetherResult[],
    asked: TogetherResult | undefined,
  ): Promise<SqlDone<R>> {
    const { db, writes = true, returnRows = true } = this.#options;
    this.#hasWorked = true;
    const hasWritten = this.#asks ? asked?.rows[0]?.[0] !== 'f' : writes;
    if (hasWritten) session.touchAll();
    const affected = results.reduce((sum, result) => sum + result.affected, 0);
    if (!returnRows) return { affected, results: undefined };
    const objects = await objectsOf<R>(db, results);
    return { affected, results: results.map((result, i) => ({ rows: objects[i] ?? [], affected: result.affected })) };
  }

  /** Notes which set an error is about. What is refused when all are done is for the COMMIT to explain. */
  #about(error: unknown, items: readonly SqlItem[], requests: number): unknown {
    const position = failedRequest(error);
    if (position === undefined || !UnoError.is(error)) return error;
    if (position === requests && blamesRecord(error)) return new RefusedAtCommit(error);
    const item = items[position];
    if (item === undefined) return error;
    // A statement that is refused is no set's fault, unless it was good enough for others.
    const isRefused = judgeWrite(error) === 'machinery';
    if (isRefused && (position > 0 || this.#hasWorked)) return new EndOfCall(item, error);
    this.#faults.set(error, item);
    return error;
  }

  #keyOf(parameters: readonly SqlParameter[]): string | undefined {
    try {
      return this.#options.keyOf?.(parameters);
    } catch (error) {
      throw new CallbackError('keyOf', error);
    }
  }
}
