import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { column, mapEntity, UnitOfWork, UnoContext, UnoDBRepository, type WriteEvent } from '@uno/domain';
import { CommitUnknownError, UnoPostgresDialect } from '@uno/postgres';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { type OpenDatabase, openDatabase, unreachableDatabase } from '../support/database.js';
import { RecordingObserver } from '../support/observers.js';
import { countries, visits, world } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

class Price {
  amount!: string;
  name!: string;
}
const prices = mapEntity(Price, {
  table: 'price',
  schema: 'shop',
  columns: { amount: column.numeric(), name: column.text() },
  key: 'amount',
});

let database: OpenDatabase;
let observer: RecordingObserver;
let context: UnoContext;
let repository: UnoDBRepository<typeof countries>;

beforeAll(async () => {
  database = await openDatabase([...world, prices]);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  observer = new RecordingObserver();
  context = new UnoContext({ db: database.db, observers: [observer] });
  repository = new UnoDBRepository(context, countries);
});

function event(kind: WriteEvent['kind'], keys: WriteEvent['keys'], outcome: WriteEvent['outcome'] = 'committed') {
  return { table: 'country', keyColumns: ['id'], keys, kind, outcome };
}

describe('an observer', () => {
  it('is told of every kind of write, with the keys of the rows that it touched', async () => {
    await repository.add({ name: 'A' });
    await repository.batchAdd([{ name: 'B' }, { id: 0, name: 'C' }]);
    await repository.update({ id: 1, name: 'a' });
    await repository.batchUpdate([
      { id: 2, name: 'b' },
      { id: 99, name: 'x' },
    ]);
    await repository.removeById(0);
    await repository.batchRemove([1, 99, 2]);
    expect(observer.events).toEqual([
      event('insert', ['1']),
      event('insert', ['2', '0']),
      event('update', ['1']),
      event('update', ['2']),
      event('delete', ['0']),
      event('delete', ['1', '2']),
    ]);
  });

  it('is told nothing of a write that touched no row, nor of reads', async () => {
    await repository.removeById(99);
    await repository.batchRemove([98, 99]);
    await repository.batchUpdate([{ id: 99, name: 'x' }]);
    await repository.batchAdd([]);
    await repository.list();
    expect(observer.events).toEqual([]);
  });

  it('is told nothing of a write that failed', async () => {
    await repository.add({ name: 'A', code: 'A' });
    observer.events.length = 0;
    await expect(repository.add({ name: 'B', code: 'A' })).rejects.toThrow();
    await expect(repository.update({ id: 99, name: 'B' })).rejects.toThrow();
    await expect(repository.batchAdd([{ name: 'C' }, { name: 'B', code: 'A' }])).rejects.toThrow();
    expect(observer.events).toEqual([]);
  });

  it('is told by the time the write returns, and so are all the others', async () => {
    const other = new RecordingObserver();
    const both = new UnoContext({ db: database.db, observers: [observer, other] });
    await new UnoDBRepository(both, countries).add({ name: 'A' });
    expect(other.events).toEqual(observer.events);
    expect(other.events).toHaveLength(1);
  });

  it('is told the keys of several fields as lists', async () => {
    await new UnoDBRepository(context, visits).add({ cityId: 7, day: '2024-01-01' });
    expect(observer.events).toEqual([
      {
        table: 'visit',
        keyColumns: ['city_id', 'day'],
        keys: ['["7","2024-01-01"]'],
        kind: 'insert',
        outcome: 'committed',
      },
    ]);
  });

  it('is told "all" where equal keys may have different texts, and the schema of the table', async () => {
    const priceRepository = new UnoDBRepository(context, prices);
    await priceRepository.add({ amount: '1.0', name: 'x' });
    await priceRepository.update({ amount: '1.00', name: 'y' });
    expect(observer.events.map(({ table, keys }) => [table, keys])).toEqual([
      ['shop.price', 'all'],
      ['shop.price', 'all'],
    ]);
  });

  it('is told of a write even where the row cannot be read back', async () => {
    const huge = 2n ** 60n;
    class Big {
      id!: number;
      total!: number;
      name!: string;
    }
    const bigs = mapEntity(Big, {
      table: 'big',
      columns: { id: column.integer(), total: column.bigint({ as: 'number' }), name: column.text() },
    });
    await sql`create table big (id int primary key, total bigint not null, name text not null)`.execute(database.db);
    await sql`insert into big values (1, ${huge}::text::bigint, 'old')`.execute(database.db);
    const bigRepository = new UnoDBRepository(context, bigs);
    await expect(bigRepository.update({ id: 1, name: 'new' })).rejects.toMatchObject({ field: 'total' });
    const { rows } = await sql<{ name: string }>`select name from big`.execute(database.db);
    expect(rows).toEqual([{ name: 'new' }]);
    expect(observer.events).toMatchObject([{ table: 'big', keys: ['1'], kind: 'update' }]);
  });
});

describe('in a transaction, an observer', () => {
  it('is told when the unit of work has been committed, not before', async () => {
    await new UnitOfWork(context).run(async () => {
      await repository.add({ name: 'A' });
      await repository.batchAdd([{ name: 'B' }]);
      expect(observer.events).toEqual([]);
    });
    expect(observer.events).toEqual([event('insert', ['1']), event('insert', ['2'])]);
  });

  it('is never told of a unit of work that was rolled back', async () => {
    const run = new UnitOfWork(context).run(async () => {
      await repository.add({ name: 'A' });
      throw new Error('changed my mind');
    });
    await expect(run).rejects.toThrow('changed my mind');
    expect(observer.events).toEqual([]);
  });

  it('is never told of a unit of work that fails at COMMIT', async () => {
    await sql`alter table city alter constraint city_country_id_fkey deferrable initially deferred`.execute(
      database.db,
    );
    const run = new UnitOfWork(context).run(async () => {
      await repository.add({ name: 'A' });
      await sql`insert into city (name, country_id) values ('x', 99)`.execute(context.current());
    });
    await expect(run).rejects.toMatchObject({ sqlstate: '23503' });
    expect(observer.events).toEqual([]);
  });

  it('is told after a plain Kysely transaction, or never when that is rolled back', async () => {
    await database.db.transaction().execute(async (db) => {
      const inside = new UnoContext({ db, observers: [observer] });
      await new UnoDBRepository(inside, countries).add({ name: 'A' });
      expect(observer.events).toEqual([]);
    });
    expect(observer.events).toEqual([event('insert', ['1'])]);
    const rolledBack = database.db.transaction().execute(async (db) => {
      const inside = new UnoContext({ db, observers: [observer] });
      await new UnoDBRepository(inside, countries).removeById(1);
      throw new Error('changed my mind');
    });
    await expect(rolledBack).rejects.toThrow('changed my mind');
    expect(observer.events).toHaveLength(1);
  });
});

describe('when the connection is lost, an observer', () => {
  interface Breaking {
    readonly sent: boolean;
    /** Whether it is refused to say how a transaction ended. */
    readonly cannotAsk?: boolean;
  }

  /** A database whose one connection breaks at the statements that start with a word. */
  function breakingAt(word: string, settings: Breaking) {
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 1 });
    pool.on('error', () => {});
    pool.on('connect', (client) => {
      client.on('error', () => {});
      const query = client.query.bind(client);
      Object.assign(client, {
        query: (...parameters: readonly unknown[]) => {
          const [config] = parameters;
          const text = typeof config === 'object' && config !== null && 'text' in config ? String(config.text) : '';
          if (settings.cannotAsk && text.includes('pg_xact_status')) throw new Error('no answer');
          const breaks = text.startsWith(word);
          if (breaks && !settings.sent) client.connection.stream.destroy();
          const result: unknown = Reflect.apply(query, client, parameters);
          if (breaks && settings.sent) client.connection.stream.destroy();
          return result;
        },
      });
    });
    return new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  }

  async function withBreaking(
    word: string,
    settings: Breaking,
    run: (broken: UnoContext) => Promise<void>,
  ): Promise<void> {
    const db = breakingAt(word, settings);
    try {
      await run(new UnoContext({ db, observers: [observer] }));
    } finally {
      await db.destroy();
    }
  }

  it('is told the keys with the outcome unknown, if it was during COMMIT', async () => {
    await withBreaking('commit', { sent: true }, async (broken) => {
      const inside = new UnoDBRepository(broken, countries);
      const run = () => new UnitOfWork(broken).run(() => inside.add({ name: 'A' }));
      await failureOf(CommitUnknownError, run);
    });
    expect(observer.events).toEqual([event('insert', ['1'], 'unknown')]);
  });

  it('is told that all may have been written by a batch whose COMMIT nobody saw, and whose fate cannot be asked', async () => {
    await withBreaking('commit', { sent: false, cannotAsk: true }, async (broken) => {
      await failureOf(CommitUnknownError, () => new UnoDBRepository(broken, countries).batchAdd([{ name: 'A' }]));
    });
    expect(observer.events).toEqual([event('insert', 'all', 'unknown')]);
  });

  it('is told what a batch has written whose COMMIT nobody saw, when PostgreSQL says that it went through', async () => {
    await withBreaking('commit', { sent: true }, async (broken) => {
      await new UnoDBRepository(broken, countries).batchAdd([{ name: 'A' }]);
    });
    expect(observer.events).toEqual([event('insert', ['1'])]);
  });

  it('is told that all may have been written by a single statement whose answer nobody saw', async () => {
    await withBreaking('insert', { sent: true }, async (broken) => {
      await expect(new UnoDBRepository(broken, countries).add({ name: 'A' })).rejects.toMatchObject({
        code: 'UNO_CONNECTION',
      });
    });
    expect(observer.events).toEqual([event('insert', 'all', 'unknown')]);
  });

  it('is told nothing when there was no connection to be had, since nothing was sent', async () => {
    const unreachable = new UnoContext({ db: unreachableDatabase(), observers: [observer] });
    const offline = new UnoDBRepository(unreachable, countries);
    await expect(offline.add({ name: 'A' })).rejects.toMatchObject({ code: 'UNO_CONNECTION', retry: 'safe' });
    expect(observer.events).toEqual([]);
  });
});
