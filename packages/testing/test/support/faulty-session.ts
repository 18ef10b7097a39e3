import pg from 'pg';
import { withConnection } from '../../src/connect.js';
import { type FaultProxy, startFaultProxy } from '../../src/faults/fault-proxy.js';
import type { TestDatabase } from '../../src/index.js';
import { until } from './conditions.js';

/** A client whose connection may be lost. */
export interface FaultySession {
  readonly client: pg.Client;
  /** The process that serves it. */
  readonly pid: number;
  /** Settles when the client knows that its connection is over. */
  readonly ended: Promise<void>;
}

/** A database with a table `t (id int)`, reached directly and by way of a proxy. */
export class FaultyDatabase implements AsyncDisposable {
  readonly #database: TestDatabase;
  readonly proxy: FaultProxy;
  readonly #sessions: FaultySession[] = [];

  private constructor(database: TestDatabase, proxy: FaultProxy) {
    this.#database = database;
    this.proxy = proxy;
  }

  static async on(database: TestDatabase): Promise<FaultyDatabase> {
    const faulty = new FaultyDatabase(database, await startFaultProxy({ target: database.connectionString }));
    await faulty.directly('CREATE TABLE IF NOT EXISTS t (id int, label text)');
    await faulty.directly('TRUNCATE t');
    return faulty;
  }

  directly(sql: string): Promise<Record<string, unknown>[]> {
    return withConnection(this.#database.connectionString, async (client) => (await client.query(sql)).rows);
  }

  /** The rows of `t`. */
  async ids(): Promise<unknown[]> {
    const rows = await this.directly('SELECT id FROM t ORDER BY id');
    return rows.map(({ id }) => id);
  }

  /** A session by way of the proxy. */
  async session(config: pg.ClientConfig = {}): Promise<FaultySession> {
    const client = new pg.Client({ connectionString: this.proxy.connectionString, ...config });
    client.on('error', () => {});
    // Not events.once: it rejects for the error that precedes the end of a lost connection.
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const session = { client, pid: Number(rows[0]?.pid), ended };
    this.#sessions.push(session);
    return session;
  }

  /** What the server knows of a session; undefined when it has ended there. */
  async activity({ pid }: FaultySession): Promise<Record<string, unknown> | undefined> {
    const [row] = await this.directly(`SELECT state, wait_event, query FROM pg_stat_activity WHERE pid = ${pid}`);
    return row;
  }

  /** Waits until the server has done with a session: what it has not done by then it never does. */
  async untilServerEnds(session: FaultySession): Promise<void> {
    await until('the server has ended the session', async () => (await this.activity(session)) === undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
    await Promise.all(this.#sessions.map(({ ended }) => ended));
  }
}
