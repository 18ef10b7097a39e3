import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import { atomically, executeText, TransactionAbortedError } from '../../src/index.js';
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

describe('atomically, outside of a transaction', () => {
  it('commits what the function did, and gives its result', async () => {
    const result = await atomically(db, async (trx) => {
      await write(trx, 'a');
      await write(trx, 'b');
      return 'done';
    });
    expect(result).toBe('done');
    expect(await notes(db)).toEqual(['a', 'b']);
  });

  it('rolls back when the function throws, and throws the same error', async () => {
    const cause = new Error('of the caller');
    const run = atomically(db, async (trx) => {
      await write(trx, 'a');
      throw cause;
    });
    expect(await failureOf(run)).toBe(cause);
    expect(await notes(db)).toEqual([]);
  });

  it('rolls back, and says so, when the function swallowed the error of a statement', async () => {
    const run = atomically(db, async (trx) => {
      await write(trx, 'a');
      await failureOf(write(trx, 'a'));
    });
    expect(await failureOf(run)).toBeInstanceOf(TransactionAbortedError);
    expect(await notes(db)).toEqual([]);
  });

  it('runs the function on a transaction', async () => {
    expect(await atomically(db, async (trx) => trx.isTransaction)).toBe(true);
  });
});

describe('atomically, in a transaction of the caller', () => {
  it('joins it: what it did is committed with the transaction only', async () => {
    const run = db.transaction().execute(async (trx) => {
      await atomically(trx, (inner) => write(inner, 'inner'));
      throw new Error('of the caller');
    });
    await expect(run).rejects.toThrow('of the caller');
    expect(await notes(db)).toEqual([]);
  });

  it('takes back only its own part when it fails, and the transaction goes on', async () => {
    await db.transaction().execute(async (trx) => {
      await write(trx, 'before');
      const inner = atomically(trx, async (savepoint) => {
        await write(savepoint, 'lost');
        await write(savepoint, 'before');
      });
      expect(await failureOf(inner)).toHaveProperty('sqlstate', '23505');
      await write(trx, 'after');
    });
    expect(await notes(db)).toEqual(['after', 'before']);
  });

  it('takes back its part when the function swallowed the error of a statement, and the transaction goes on', async () => {
    await db.transaction().execute(async (trx) => {
      await write(trx, 'before');
      const inner = atomically(trx, async (savepoint) => {
        await write(savepoint, 'lost');
        await failureOf(write(savepoint, 'before'));
      });
      expect(await failureOf(inner)).toBeInstanceOf(TransactionAbortedError);
      await write(trx, 'after');
    });
    expect(await notes(db)).toEqual(['after', 'before']);
  });

  it('nests to any depth', async () => {
    await db.transaction().execute(async (trx) => {
      await atomically(trx, async (one) => {
        await write(one, '1');
        await failureOf(
          atomically(one, async (two) => {
            await write(two, '2');
            await atomically(two, (three) => write(three, '3'));
            throw new Error('in the middle');
          }),
        );
        await atomically(one, (two) => write(two, '4'));
      });
    });
    expect(await notes(db)).toEqual(['1', '4']);
  });

  it('leaves no savepoint behind, whether it fails or not', async () => {
    await db.transaction().execute(async (trx) => {
      const names: string[] = [];
      const connection = await trx.getExecutor().provideConnection(async (own) => own);
      const execute = connection.executeQuery.bind(connection);
      connection.executeQuery = (query) => {
        names.push(query.sql);
        return execute(query);
      };
      await atomically(trx, async () => undefined);
      await failureOf(atomically(trx, () => Promise.reject(new Error('x'))));
      const [savepoint = '', , second = ''] = names;
      const [one, two] = [savepoint, second].map((sql) => sql.replace('savepoint ', ''));
      expect(one).not.toBe(two);
      expect(names).toEqual([savepoint, `release ${one}`, second, `rollback to ${two}`, `release ${two}`]);
    });
  });

  it('works on a transaction under control', async () => {
    const trx = await db.startTransaction().execute();
    await failureOf(atomically(trx, () => write(trx, 'a').then(() => write(trx, 'a'))));
    await atomically(trx, () => write(trx, 'b'));
    await trx.commit().execute();
    expect(await notes(db)).toEqual(['b']);
  });

  it('shows the first error when the connection is gone', async () => {
    const admin = await bed.session();
    const run = db.transaction().execute(async (trx) => {
      await atomically(trx, async (savepoint) => {
        const { rows } = await executeText(savepoint, { sql: 'select pg_backend_pid()' });
        await admin.query('select pg_terminate_backend($1, 10000)', [rows[0]?.[0]]);
        throw new Error('the first error');
      });
    });
    await expect(run).rejects.toThrow('the first error');
  });
});
