import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CompiledQuery, type Kysely } from 'kysely';
import type pg from 'pg';
import {
  atomically,
  ConfigError,
  executeText,
  failedRequest,
  MovingSavepoint,
  type Queryable,
  TransactionAbortedError,
} from '../../src/index.js';
import { failureOf } from '../support/conditions.js';
import { createNotes, notes, write } from '../support/notes.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open({ pool: { max: 2 } }));
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
  const inserts = (...texts: string[]) =>
    texts.map((text) => ({ statement: { sql: 'insert into note values ($1)' }, parameters: [text] }));

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
