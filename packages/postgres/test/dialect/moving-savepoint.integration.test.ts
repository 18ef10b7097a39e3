import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CompiledQuery, type Kysely } from 'kysely';
import type pg from 'pg';
import {
  atomically,
  ConfigError,
  executeText,
  failedRequest,
  MovingSavepoint,
  preparedStatement,
  type Queryable,
  type SentAhead,
  TransactionAbortedError,
} from '../../src/index.js';
import { failureOf, until } from '../support/conditions.js';
import { createNotes, notes, write } from '../support/notes.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;

/** As much as is looked at of `pg`'s own client. */
interface WatchedClient {
  readonly processID: number;
  readonly connection: { readonly stream: { readonly bytesWritten: number } };
}

const clients: WatchedClient[] = [];

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open({ pool: { max: 2 } }));
  // What is declared of it does not show this.
  pool.on('connect', (client) => clients.push(client as unknown as WatchedClient));
  await prepare(pool, createNotes);
});
beforeEach(() => prepare(pool, 'truncate note'));
afterAll(() => bed.close());

/** Notes what is sent from now on, savepoints by a short name. */
async function listen(trx: Queryable): Promise<string[]> {
  const sent: string[] = [];
  const names: string[] = [];
  const connection = await trx.getExecutor().provideConnection(async (own) => own);
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = (query) => {
    const short = query.sql.replace(/uno_\d+/g, (name) => {
      if (!names.includes(name)) names.push(name);
      return `s${names.indexOf(name)}`;
    });
    sent.push(short.startsWith('insert') ? `insert ${query.parameters}` : short);
    return execute(query);
  };
  return sent;
}

const inserts = (...texts: string[]) =>
  texts.map((text) => ({ statement: { sql: 'insert into note values ($1)' }, parameters: [text] }));

describe('a moving savepoint', () => {
  it('takes one round trip for an attempt, and none after one that failed', async () => {
    const sent = await atomically(db, async (trx) => {
      const heard = await listen(trx);
      const savepoint = new MovingSavepoint(trx);
      for (const text of ['a', 'b', 'a', 'b', 'c', 'd']) {
        await savepoint.attempt(() => write(trx, text)).catch(() => undefined);
      }
      return heard;
    });
    expect(sent).toEqual([
      ...['savepoint s0', 'insert a'],
      ...['release s0; savepoint s0', 'insert b'],
      ...['release s0; savepoint s0', 'insert a', 'rollback to s0'],
      ...['insert b', 'rollback to s0'],
      ...['insert c'],
      ...['release s0; savepoint s0', 'insert d'],
    ]);
    expect(await notes(db)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes back the whole of an attempt and nothing else, and throws its error', async () => {
    const cause = new Error('of the caller');
    await atomically(db, async (trx) => {
      await write(trx, 'before');
      const savepoint = new MovingSavepoint(trx);
      expect(await savepoint.attempt(() => write(trx, 'first').then(() => 'done'))).toBe('done');
      const failing = savepoint.attempt(async () => {
        await write(trx, 'lost');
        await write(trx, 'lost too');
        throw cause;
      });
      expect(await failureOf(failing)).toBe(cause);
      await savepoint.attempt(() => write(trx, 'second'));
    });
    expect(await notes(db)).toEqual(['before', 'first', 'second']);
  });

  it('takes turns with what else is done in the transaction', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      const all = [
        failureOf(savepoint.attempt(() => write(trx, 'a').then(() => Promise.reject(new Error('x'))))),
        atomically(trx, (inner) => write(inner, 'b')),
        savepoint.attempt(() => write(trx, 'c')),
        write(trx, 'd'),
      ];
      await Promise.all(all);
    });
    expect(await notes(db)).toEqual(['b', 'c', 'd']);
  });

  it('does not take back what others wrote between two attempts that failed', async () => {
    const fail = (trx: Queryable) => () => write(trx, 'lost').then(() => Promise.reject(new Error('x')));
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      await failureOf(savepoint.attempt(fail(trx)));
      await write(trx, 'a');
      await failureOf(savepoint.attempt(fail(trx)));
      await atomically(trx, (inner) => write(inner, 'b'));
      await failureOf(savepoint.attempt(fail(trx)));
      // Of plain Kysely.
      await trx.getExecutor().executeQuery(CompiledQuery.raw("insert into note values ('c')"));
      await failureOf(savepoint.attempt(fail(trx)));
    });
    expect(await notes(db)).toEqual(['a', 'b', 'c']);
  });

  it('leaves an attempt whole that has other attempts inside', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      const outer = savepoint.attempt(async () => {
        await write(trx, 'lost');
        await savepoint.attempt(() => write(trx, 'lost too'));
        await savepoint.together(inserts('lost as well'));
        await failureOf(savepoint.attempt(() => write(trx, 'lost')));
        throw new Error('of the outer one');
      });
      await failureOf(outer);
      await savepoint.attempt(async () => {
        await write(trx, 'a');
        await failureOf(savepoint.attempt(() => write(trx, 'a')));
        await savepoint.attempt(() => write(trx, 'b'));
      });
      await failureOf(savepoint.attempt(() => write(trx, 'b')));
      await savepoint.attempt(() => write(trx, 'c'));
    });
    expect(await notes(db)).toEqual(['a', 'b', 'c']);
  });

  it('goes with a savepoint of the caller that is rolled back', async () => {
    await atomically(db, async (trx) => {
      await write(trx, 'outer');
      const inner = atomically(trx, async (nested) => {
        const savepoint = new MovingSavepoint(nested);
        await savepoint.attempt(() => write(nested, 'a'));
        await savepoint.attempt(() => write(nested, 'b'));
        throw new Error('of the caller');
      });
      expect(await failureOf(inner)).toHaveProperty('message', 'of the caller');
      const another = new MovingSavepoint(trx);
      await another.attempt(() => write(trx, 'c'));
    });
    expect(await notes(db)).toEqual(['c', 'outer']);
  });

  it('may hold attempts of another one', async () => {
    await atomically(db, async (trx) => {
      const outer = new MovingSavepoint(trx);
      await outer.attempt(async () => {
        const inner = new MovingSavepoint(trx);
        await inner.attempt(() => write(trx, 'a'));
        await failureOf(inner.attempt(() => write(trx, 'a')));
      });
      await outer.attempt(() => write(trx, 'b'));
    });
    expect(await notes(db)).toEqual(['a', 'b']);
  });

  it('does not let an error that was swallowed pass', async () => {
    const run = atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      await savepoint.attempt(async () => void (await failureOf(executeText(trx, { sql: 'select 1 / 0' }))));
      await savepoint.attempt(() => write(trx, 'never'));
    });
    expect(await failureOf(run)).toBeInstanceOf(TransactionAbortedError);
    expect(await notes(db)).toEqual([]);
  });

  it('shows the first error when the connection is gone', async () => {
    const admin = await bed.session();
    const run = atomically(db, async (trx) => {
      await new MovingSavepoint(trx).attempt(async () => {
        const { rows } = await executeText(trx, { sql: 'select pg_backend_pid()' });
        await admin.query('select pg_terminate_backend($1, 10000)', [rows[0]?.[0]]);
        throw new Error('the first error');
      });
    });
    await expect(run).rejects.toThrow('the first error');
  });

  it('is refused outside of a transaction', async () => {
    expect(await failureOf(new MovingSavepoint(db).attempt(async () => 1))).toBeInstanceOf(ConfigError);
  });
});

describe('a savepoint that is moved among statements that are sent together', () => {
  it('takes no round trip of its own, and one to take them back', async () => {
    const results: unknown[] = [];
    const sent = await atomically(db, async (trx) => {
      const heard = await listen(trx);
      const savepoint = new MovingSavepoint(trx);
      for (const texts of [['a', 'b'], ['c', 'a'], ['c', 'd'], ['e']]) {
        const attempt = savepoint.together(inserts(...texts));
        results.push(await attempt.then(({ length }) => length, failedRequest));
      }
      return heard.map((text) => text.replaceAll(';\n', ' + '));
    });
    const insert = 'insert into note values ($1)';
    expect(sent).toEqual([
      `savepoint s0 + ${insert}`,
      `release s0 + savepoint s0 + ${insert}`,
      'rollback to s0',
      'insert c,d',
      `release s0 + savepoint s0 + ${insert}`,
    ]);
    expect(results).toEqual([2, 1, 2, 1]);
    expect(await notes(db)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('goes along with attempts of the other kind, and with what others write', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      await savepoint.attempt(() => write(trx, 'a'));
      await savepoint.together(inserts('b', 'b')).catch(() => undefined);
      await write(trx, 'of somebody else');
      await savepoint.together(inserts('c', 'a')).catch(() => undefined);
      await savepoint.attempt(() => write(trx, 'd'));
      await savepoint.attempt(() => write(trx, 'd')).catch(() => undefined);
      await savepoint.together(inserts('e'));
    });
    expect(await notes(db)).toEqual(['a', 'd', 'e', 'of somebody else']);
  });

  it('is not set where nothing is sent', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      await savepoint.together(inserts('a'));
      const error = await failureOf(savepoint.together(inserts('b', 'c\0')));
      expect([error, failedRequest(error)]).toMatchObject([{ code: 'UNO_VALIDATION' }, 1]);
      const signal = AbortSignal.abort();
      await failureOf(savepoint.together(inserts('d'), { signal }));
      await savepoint.together(inserts('e'));
    });
    expect(await notes(db)).toEqual(['a', 'e']);
  });

  it('takes turns', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      await Promise.all([
        savepoint.together(inserts('a', 'a')).catch(() => undefined),
        savepoint.together(inserts('b')),
        savepoint.attempt(() => write(trx, 'c')),
        savepoint.together(inserts('d', 'b')).catch(() => undefined),
      ]);
    });
    expect(await notes(db)).toEqual(['b', 'c']);
  });

  it('needs a transaction', async () => {
    expect(await failureOf(new MovingSavepoint(db).together(inserts('a')))).toBeInstanceOf(ConfigError);
  });
});

describe('statements that are sent ahead of an answer', () => {
  type Savepoint = MovingSavepoint;

  /** Sends them as soon as something is under way behind which they can be sent. */
  async function ahead(savepoint: Savepoint, ...texts: string[]): Promise<SentAhead> {
    // What is begun is sent within a few turns of the queue, and answered in none.
    for (let i = 0; i < 100; i++) {
      const sent = savepoint.sendAhead(inserts(...texts), {});
      if (sent !== undefined) return sent;
      await null;
    }
    throw new Error('Nothing is under way.');
  }

  const count = async (results: readonly unknown[]) => results.length;

  it('are at the server while it is busy with those before', async () => {
    const observer = await pool.connect();
    await observer.query('select pg_advisory_lock(7)');
    const busy = [{ statement: { sql: 'select pg_advisory_xact_lock(7)' } }];
    try {
      await atomically(db, async (trx) => {
        const { socket, pid } = await partsOf(trx);
        const savepoint = new MovingSavepoint(trx);
        const first = savepoint.together(busy);
        await until('it waits', async () => {
          const { rows } = await observer.query('select 1 where cardinality(pg_blocking_pids($1)) > 0', [pid]);
          return rows.length > 0;
        });
        const before = socket.bytesWritten;
        const sent = await ahead(savepoint, 'a');
        expect(socket.bytesWritten).toBeGreaterThan(before);
        await observer.query('select pg_advisory_unlock(7)');
        await first;
        expect(await savepoint.attemptSent(sent, count)).toBe(1);
      });
    } finally {
      observer.release();
    }
    expect(await notes(db)).toEqual(['a']);
  });

  it('happen in their order, however many they are', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      let under: Promise<unknown> = savepoint.together(inserts('00'));
      for (let i = 1; i < 30; i++) {
        const text = String(i).padStart(2, '0');
        const sent = savepoint.sendAhead(inserts(text), {});
        await under;
        under = sent === undefined ? savepoint.together(inserts(text)) : savepoint.attemptSent(sent, count);
        for (let turn = 0; turn < 30; turn++) await null;
      }
      await under;
    });
    expect(await notes(db)).toHaveLength(30);
  });

  it('come to nothing when those before fail, and are sent again when it is their turn', async () => {
    await atomically(db, async (trx) => {
      await write(trx, 'x');
      const savepoint = new MovingSavepoint(trx);
      const first = failureOf(savepoint.together(inserts('a', 'x')));
      const sent = await ahead(savepoint, 'b');
      await first;
      expect(await notes(trx)).toEqual(['x']);
      expect(await savepoint.attemptSent(sent, count)).toBe(1);
    });
    expect(await notes(db)).toEqual(['b', 'x']);
  });

  it('are taken back with what is made of the results before, and sent again', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      const cause = new Error('not good enough');
      const first = savepoint.together(inserts('a'), {}, () => Promise.reject(cause));
      const failure = failureOf(first);
      const sent = await ahead(savepoint, 'b');
      expect(await failure).toBe(cause);
      expect(await notes(trx)).toEqual([]);
      expect(await savepoint.attemptSent(sent, count)).toBe(1);
      await savepoint.attempt(() => write(trx, 'c'));
    });
    expect(await notes(db)).toEqual(['b', 'c']);
  });

  it('are taken back alone when only they fail, or what is made of theirs', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      const first = savepoint.together(inserts('a'));
      const second = await ahead(savepoint, 'b', 'a');
      await first;
      const failed = savepoint.attemptSent(second, count);
      expect(failedRequest(await failureOf(failed))).toBe(1);
      const third = savepoint.together(inserts('c'));
      const fourth = await ahead(savepoint, 'e');
      await third;
      await failureOf(savepoint.attemptSent(fourth, () => Promise.reject(new Error('no'))));
    });
    expect(await notes(db)).toEqual(['a', 'c']);
  });

  it('are not sent where nothing is under way, or where a parameter cannot be', async () => {
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      expect(savepoint.sendAhead(inserts('a'), {})).toBeUndefined();
      const first = savepoint.together(inserts('b'));
      const sent = await ahead(savepoint, 'c');
      expect(() => savepoint.sendAhead(inserts('d\0'), {})).toThrow(
        expect.objectContaining({ code: 'UNO_VALIDATION' }),
      );
      await first;
      await savepoint.attemptSent(sent, count);
      expect(savepoint.sendAhead(inserts('e'), {})).toBeUndefined();
    });
    expect(await notes(db)).toEqual(['b', 'c']);
  });

  it('are prepared once with those that they follow', async () => {
    const statement = preparedStatement('insert into note values ($1) returning text');
    const request = (text: string) => [{ statement, parameters: [text] }];
    await atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      const first = savepoint.together(request('a'));
      await null;
      let sent: SentAhead | undefined;
      for (let i = 0; i < 100 && sent === undefined; i++) {
        sent = savepoint.sendAhead(request('b'), {});
        await null;
      }
      await first;
      if (sent === undefined) throw new Error('Nothing was sent ahead.');
      const rows = await savepoint.attemptSent(sent, async ([result]) => result?.rows);
      expect(rows).toEqual([['b']]);
    });
  });

  it('leave with the transaction when nobody asks for them', async () => {
    const cause = new Error('enough');
    const failing = atomically(db, async (trx) => {
      const savepoint = new MovingSavepoint(trx);
      const first = savepoint.together(inserts('a'));
      await ahead(savepoint, 'b');
      await first;
      throw cause;
    });
    expect(await failureOf(failing)).toBe(cause);
    expect(await notes(db)).toEqual([]);
  });
});

/** The socket of a transaction's connection, and the process at its other end. */
async function partsOf(
  trx: Queryable,
): Promise<{ readonly socket: { readonly bytesWritten: number }; readonly pid: number }> {
  const { rows } = await executeText(trx, { sql: 'select pg_backend_pid()' });
  const pid = Number(rows[0]?.[0]);
  const client = clients.find(({ processID }) => processID === pid);
  if (client === undefined) throw new Error('It is not of the pool.');
  return { socket: client.connection.stream, pid };
}
