import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type BatchConfig, BatchOperations, type BatchRetryMessage } from '@uno/batch';
import { type BatchWriteOptions, createTables, type WriteEvent } from '@uno/domain';
import { atomically, type Queryable, type RetryNote, UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase, type FaultProxy, startFaultProxy, type TestDatabase } from '@uno/testing';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { until } from '../../support/until.js';
import { audit, type Outcome, type ParcelRow } from './audit.js';
import type { FaultedOperation } from './operations.js';
import { codeOf, idOf, type Parcel, parcelSchema, parcels } from './parcels.js';
import { ProcessWatch } from './process-watch.js';
import { batchSize, type Way } from './ways.js';

/** By which the sessions under test are told from those of the tests. */
const applicationName = 'under test';

/** The advisory lock that {@link FaultBed.hold} makes sessions wait for. */
const holdLock = 4714;

/** What is to be tried. */
export interface Trial {
  readonly operation: FaultedOperation;
  readonly way: Way;
  readonly config?: BatchConfig | undefined;
  /** Records of the call; three chunks if not said. */
  readonly count?: number | undefined;
  /** Positions of records that the table refuses. */
  readonly bad?: readonly number[] | undefined;
  /** Whether it is a trigger that refuses them, so that nothing is wrong with the records themselves. */
  readonly byTrigger?: boolean | undefined;
  readonly options?: BatchWriteOptions | undefined;
  /** Whether the call is made in a transaction of the caller's, which does nothing else. */
  readonly isJoined?: boolean | undefined;
  /** Something that happens when the rows are prepared, and the call has not begun. */
  readonly before?: (() => Promise<unknown>) | undefined;
  /** Something that happens when the call says that it tries again. */
  readonly onRetry?: ((note: RetryNote) => unknown) | undefined;
  /** Something that happens while the call runs. */
  readonly meanwhile?: (() => Promise<unknown>) | undefined;
  /** Something that has to happen before its traces can be gone. */
  readonly afterwards?: (() => unknown) | undefined;
}

/** What came of it. */
export interface Finding {
  readonly outcome: Outcome;
  /** `undefined` when the call succeeded. */
  readonly error: unknown;
  readonly retries: readonly RetryNote[];
  /** What is wrong with it; nothing if all is well. */
  readonly complaints: readonly string[];
}

/** Settings of a bed. */
export interface BedOptions {
  /** A database that is not on the server of the test run. */
  readonly database?: TestDatabase;
  readonly pool?: pg.PoolConfig;
  /** A role, also its password, that the sessions under test have instead of the one of the tests. */
  readonly role?: string;
  /** Server settings of the sessions under test. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A database behind a proxy, a pool on it, and somebody who looks on from the outside. */
export class FaultBed {
  readonly proxy: FaultProxy;
  readonly pool: pg.Pool;
  readonly db: Kysely<unknown>;
  readonly #database: TestDatabase;
  #admin: pg.Client;
  #version = 0;
  readonly #watch = new ProcessWatch();
  readonly #sessions: pg.Client[] = [];
  #holder: pg.Client | undefined;

  private constructor(database: TestDatabase, proxy: FaultProxy, admin: pg.Client, pool: pg.Pool) {
    this.#database = database;
    this.proxy = proxy;
    this.#admin = admin;
    this.pool = pool;
    this.db = new Kysely({ dialect: new UnoPostgresDialect({ pool }) });
  }

  static async open({ database, pool, role, settings = {} }: BedOptions = {}): Promise<FaultBed> {
    const own = database ?? (await createTestDatabase({ name: 'faults' }));
    const proxy = await startFaultProxy({ target: own.connectionString });
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
    const url = new URL(proxy.connectionString);
    if (role !== undefined) Object.assign(url, { username: role, password: role });
    const connections = new pg.Pool({
      connectionString: url.href,
      application_name: applicationName,
      max: 4,
      options: options.join(' '),
      ...pool,
    });
    connections.on('error', () => undefined);
    const bed = new FaultBed(own, proxy, await adminOf(own), connections);
    const setUp = new Kysely({
      dialect: new UnoPostgresDialect({ pool: new pg.Pool({ connectionString: own.connectionString }) }),
    });
    await createTables(setUp, [parcels]);
    await setUp.destroy();
    await bed.run(parcelSchema);
    const [row] = await bed.run("select current_setting('server_version_num')::int / 10000 as version");
    bed.#version = Number(row?.['version']);
    return bed;
  }

  async close(): Promise<void> {
    await this.db.destroy();
    await this.proxy.close();
    for (const session of [this.#admin, ...this.#sessions]) await session.end().catch(() => undefined);
    this.#watch[Symbol.dispose]();
    await this.#database.drop();
  }

  /** Such as 18. */
  get serverVersion(): number {
    return this.#version;
  }

  /** Statements of the test's own, which fire no trigger. */
  async run(statement: string, parameters?: unknown[]): Promise<Record<string, unknown>[]> {
    const { rows } = await this.#admin.query(statement, parameters);
    return rows ?? [];
  }

  /** Leaves a connection in the pool on which nothing has to be said first. */
  async warmUp(): Promise<void> {
    await sql`select 1`.execute(this.db);
  }

  /** Leaves the pool without any connection. */
  async coolDown(): Promise<void> {
    this.proxy.cutAll();
    await until('the pool is empty', () => this.pool.totalCount === 0);
  }

  /** A session of somebody else. */
  async session(as: { readonly user?: string; readonly password?: string } = {}): Promise<pg.Client> {
    const { host, port, database, user, password } = this.#admin;
    const client = new pg.Client({ host, port, database, user, password, ...as });
    client.on('error', () => undefined);
    await client.connect();
    this.#sessions.push(client);
    return client;
  }

  /** After a restart of the server, which ends the sessions of the tests too. */
  async reconnect(): Promise<void> {
    await this.#admin.end().catch(() => undefined);
    this.#admin = await adminOf(this.#database);
    this.#holder = undefined;
  }

  /** Does an operation and gives what is wrong with it, with the connections, the locks and the process afterwards. */
  async try(trial: Trial): Promise<Finding> {
    const { operation, way, count = 3 * batchSize, bad = [], meanwhile, afterwards } = trial;
    const odd = trial.byTrigger ? [] : bad;
    await this.#seed(operation, count, odd);
    await trial.before?.();
    const events: WriteEvent[] = [];
    const retries: RetryNote[] = [];
    const call = Symbol(operation.name);
    const onRetry = (message: unknown) => {
      // Several beds may be at work side by side.
      if (!isRetryMessage(message) || currentCall.getStore() !== call) return;
      retries.push(message.note);
      trial.onRetry?.(message.note);
    };
    const options = { ...way.options, ...trial.options };
    const run = (db: Queryable) => {
      const target = new BatchOperations({
        table: parcels,
        db,
        config: { retryDelayMs: 1, ...trial.config, batchSize },
        observers: [{ written: (event) => events.push(event) }],
      });
      return operation.run(target, recordsOf(count, odd), options);
    };
    const start = () => (trial.isJoined ? atomically(this.db, run, { writes: true }) : run(this.db));
    subscribe('uno:batch:retry', onRetry);
    try {
      const running = outcomeOf(currentCall.run(call, start));
      await this.#whileItRuns(running, meanwhile);
      const outcome = await running;
      const told = [...events];
      await afterwards?.();
      const complaints: string[] = [];
      await this.#untilQuiet();
      const [rows, changes] = await this.#look();
      complaints.push(...audit({ operation, way, count, bad, outcome, rows, changes, events: told, retries }));
      if (events.length > told.length) complaints.push('the observers were told when the call was over');
      complaints.push(...(await this.#watch.seen()));
      await this.#use(complaints);
      return { outcome, error: 'error' in outcome ? outcome.error : undefined, retries, complaints };
    } finally {
      unsubscribe('uno:batch:retry', onRetry);
    }
  }

  /**
   * Makes a session wait until {@link letGo}: before it changes the row of a record, when the statement that did is at its
   * end, or at the COMMIT after it.
   */
  async hold(index: number, where: 'row' | 'statement' | 'commit'): Promise<void> {
    const [create, timing = ''] = {
      row: ['create trigger meddle before'],
      statement: ['create trigger meddle after'],
      commit: ['create constraint trigger meddle after', 'deferrable initially deferred'],
    }[where];
    const wait = `if coalesce(new.code, old.code) = '${codeOf(index)}' then perform pg_advisory_xact_lock(${holdLock}); end if;`;
    await this.trigger(`${wait} return coalesce(new, old);`, create, timing);
    this.#holder ??= await this.session();
    await this.#holder.query(`select pg_advisory_lock(${holdLock})`);
  }

  /** Lets those go on that wait, and everybody who comes later. */
  async letGo(): Promise<void> {
    await this.#holder?.query('select pg_advisory_unlock_all()');
  }

  /** Waits until a session waits there. @returns its process id */
  async untilHeld(): Promise<number> {
    let pid = 0;
    await until('a session is held', async () => {
      const rows = await this.run(
        `select pid from pg_locks where locktype = 'advisory' and not granted and pid = any(${sessionsUnderTest})`,
      );
      pid = Number(rows[0]?.['pid'] ?? 0);
      return pid !== 0;
    });
    return pid;
  }

  /** The number of the transaction of the session that waits there. */
  async transactionUnderTest(): Promise<bigint> {
    const [row] = await this.run(
      `select max(backend_xid::text::bigint)::text as number from pg_stat_activity where pid = any(${sessionsUnderTest})`,
    );
    return BigInt(String(row?.['number']));
  }

  /** A trigger on the table, of plpgsql. */
  async trigger(body: string, create = 'create trigger meddle after', timing = ''): Promise<void> {
    await this.run(`
      drop trigger if exists meddle on parcel;
      create or replace function meddle() returns trigger language plpgsql as $$ begin ${body} end $$;
      ${create} insert or update or delete on parcel ${timing} for each row execute function meddle();
    `);
  }

  /** Takes the trigger away. */
  async untouched(): Promise<void> {
    await this.letGo();
    await this.run('drop trigger if exists meddle on parcel');
  }

  /** Waits until a session of somebody else waits for one under test. */
  async untilBlocked(pid: number): Promise<void> {
    await until('a session waits for one under test', async () => {
      const rows = await this.run(`select 1 where pg_blocking_pids($1) && ${sessionsUnderTest}`, [pid]);
      return rows.length > 0;
    });
  }

  /** A test that goes wrong there leaves nothing running that would get in the way of the next. */
  async #whileItRuns(running: Promise<Outcome>, meanwhile: (() => Promise<unknown>) | undefined): Promise<void> {
    try {
      await meanwhile?.();
    } catch (error) {
      await this.letGo();
      this.proxy.resume();
      this.proxy.cutAll();
      await running;
      throw error;
    }
  }

  /** The rows lie in the order of their keys, since a plan may lock them in the order in which they lie. */
  async #seed(operation: FaultedOperation, count: number, bad: readonly number[]): Promise<void> {
    const indices = Array.from({ length: count }, (_, index) => index);
    const there = indices.filter((index) => operation.before(index) !== undefined);
    const rows = there.map((index) => `(${idOf(index)}, '${codeOf(index)}', ${operation.before(index)})`);
    // What is to be gone afterwards is refused by a row that refers to it; see `recordsOf` for the others.
    const kept = bad.filter((index) => operation.after(index) === undefined).map((index) => `(${idOf(index)})`);
    await this.run(`
      truncate parcel_hold, parcel, parcel_log;
      ${rows.length > 0 ? `insert into parcel (id, code, weight) values ${rows.join()};` : ''}
      ${kept.length > 0 ? `insert into parcel_hold values ${kept.join()};` : ''}
    `);
  }

  /** Waits until nothing of a call is left: no connection in use or unaccounted for, no session at work, no lock. */
  async #untilQuiet(): Promise<void> {
    let state = '';
    const isQuiet = async () => {
      const { totalCount, idleCount, waitingCount } = this.pool;
      const [row] = await this.run(
        `select count(*)::int as sessions, count(*) filter (where state = 'idle')::int as idle,
           (select count(*)::int from pg_locks where pid = any(${sessionsUnderTest})) as locks
         from unnest(${sessionsUnderTest}) as pid join pg_stat_activity using (pid)`,
      );
      const { connections } = this.proxy;
      state = JSON.stringify({ totalCount, idleCount, waitingCount, connections, ...row });
      const same = [idleCount, connections, row?.['sessions'], row?.['idle']].every((number) => number === totalCount);
      return same && waitingCount === 0 && row?.['locks'] === 0;
    };
    try {
      await until('everything is quiet', isQuiet, 8_000);
    } catch (cause) {
      throw new Error(`something is left of a call: ${state}`, { cause });
    }
  }

  async #look(): Promise<[ReadonlyMap<string, ParcelRow>, ReadonlyMap<string, number>]> {
    const rows = await this.run(
      `select code, id, weight, (select count(*)::int from parcel_log l where l.code = coalesce(p.code, k.code)) as changes,
         coalesce(p.code, k.code) as name
       from parcel p full join (select distinct code from parcel_log) k using (code)`,
    );
    const stored = rows.filter(({ id }) => id !== null);
    return [
      new Map(stored.map(({ name, id, weight }) => [String(name), { id: Number(id), weight: numberOrNull(weight) }])),
      new Map(rows.map(({ name, changes }) => [String(name), Number(changes)])),
    ];
  }

  /** Takes all connections of the pool at once, as only one that is of use can be taken. */
  async #use(complaints: string[]): Promise<void> {
    try {
      const { rows } = await this.pool.query('select 1 as one');
      if (rows[0]?.one !== 1) complaints.push('the pool gives wrong answers');
    } catch (error) {
      complaints.push(`the pool cannot be used: ${String(error)}`);
    }
  }
}

const currentCall = new AsyncLocalStorage<symbol>();

const sessionsUnderTest = `array(select pid from pg_stat_activity
  where datname = current_database() and application_name = '${applicationName}')`;

async function adminOf({ connectionString }: TestDatabase): Promise<pg.Client> {
  const admin = new pg.Client({ connectionString });
  admin.on('error', () => undefined);
  await admin.connect();
  // No trigger of the tests, and no foreign key, is in the way of preparing them.
  await admin.query('set session_replication_role = replica');
  return admin;
}

/** Those that are bad weigh less than nothing, which is of no account where only their ids are taken. */
function recordsOf(count: number, bad: readonly number[]): Parcel[] {
  return Array.from({ length: count }, (_, index) => ({
    id: idOf(index),
    code: codeOf(index),
    weight: bad.includes(index) ? -1 : 100 + index,
  }));
}

function outcomeOf(running: Promise<Extract<Outcome, { done: unknown }>['done']>): Promise<Outcome> {
  return running.then(
    (done) => ({ done }),
    (error: unknown) => ({ error }),
  );
}

function isRetryMessage(message: unknown): message is BatchRetryMessage {
  return typeof message === 'object' && message !== null && 'note' in message;
}

function numberOrNull(value: unknown): number | null {
  return value === null ? null : Number(value);
}
