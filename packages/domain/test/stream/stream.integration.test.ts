import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { CanceledError, ConfigError, UnoPostgresDialect, ValidationError } from '@uno/postgres';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { City, Country, cities, countries, visits, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

let database: OpenDatabase;
let pool: pg.Pool;
let context: UnoContext;
let cityRepository: UnoDBRepository<typeof cities>;
let visitRepository: UnoDBRepository<typeof visits>;
const statements: string[] = [];

beforeAll(async () => {
  database = await openDatabase(world);
  pool = new pg.Pool({ connectionString: database.connectionString, max: 2 });
  const log = ({ query }: { readonly query: { readonly sql: string } }) => void statements.push(query.sql);
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }), log });
  context = new UnoContext({ db });
  cityRepository = new UnoDBRepository(context, cities);
  visitRepository = new UnoDBRepository(context, visits);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

beforeEach(async () => {
  await database.empty();
  await new UnoDBRepository(context, countries).batchAdd([{ name: 'Switzerland' }, { name: 'Peru', code: 'PE' }]);
  await cityRepository.batchAdd(
    Array.from({ length: 10 }, (_, i) => ({ name: `City ${i}`, countryId: 1 + (i % 2), population: i })),
  );
  await sql`update city set created_at = '2024-02-03 04:05:06.789012+00'`.execute(database.db);
  statements.length = 0;
});

/** Everybody who was given a connection has given it back. */
function expectAllBack(): void {
  expect(pool.idleCount).toBe(pool.totalCount);
  expect(pool.waitingCount).toBe(0);
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

describe('stream', () => {
  it.each([1, 3, 10, 11, undefined])('gives what list gives, %s rows at a time', async (chunkSize) => {
    const query = { filters: { population: { gt: 1 } }, orderBy: [{ population: 'desc' }] } as const;
    const streamed = await collect(cityRepository.stream({ ...query, chunkSize }));
    expect(streamed).toEqual(await cityRepository.list(query));
    expect(streamed).toHaveLength(8);
    expect(streamed[0]).toBeInstanceOf(City);
    expectAllBack();
  });

  it('gives nothing of nothing', async () => {
    expect(await collect(cityRepository.stream({ filters: { population: 99 } }))).toEqual([]);
    expectAllBack();
  });

  it('loads relations once for each chunk', async () => {
    const streamed = await collect(
      cityRepository.stream({ orderBy: ['id'], chunkSize: 4, loadRelations: ['country'] }),
    );
    expect(streamed[1]?.country).toBeInstanceOf(Country);
    expect(streamed.map(({ country }) => country.name).slice(0, 2)).toEqual(['Switzerland', 'Peru']);
    expect(statements.filter((text) => text.startsWith('fetch'))).toHaveLength(3);
    const plain = await collect(new UnoDBRepository(context, countries).stream({ loadRelations: true }));
    expect(plain.map((country) => country.cities.length)).toEqual([5, 5]);
    const trees = { cities: { orderBy: [{ id: 'desc' }], limit: 2, loadRelations: ['country'] } } as const;
    const nested = await collect(
      new UnoDBRepository(context, countries).stream({ chunkSize: 1, loadRelations: trees }),
    );
    expect(nested.map(({ cities: few }) => few.map(({ id, country }) => [id, country.id]))).toEqual([
      [
        [9, 1],
        [7, 1],
      ],
      [
        [10, 2],
        [8, 2],
      ],
    ]);
  });

  it('takes one connection, which may not write, for rows and relations of one moment', async () => {
    const seen: (readonly [string, string])[] = [];
    for await (const { name, country } of cityRepository.stream({
      orderBy: ['id'],
      chunkSize: 1,
      loadRelations: ['country'],
    })) {
      seen.push([name, country.name]);
      expect(pool.totalCount - pool.idleCount).toBe(1);
      await sql`update country set name = name || '!'`.execute(database.db);
      await sql`update city set name = name || '!'`.execute(database.db);
    }
    expect(seen.slice(0, 2)).toEqual([
      ['City 0', 'Switzerland'],
      ['City 1', 'Peru'],
    ]);
    expect(seen.flat().join()).not.toContain('!');
    const { rows } = await sql`select current_setting('transaction_read_only') as it`.execute(context.current());
    expect(rows).toEqual([{ it: 'off' }]);
  });

  it('lets the loop write on other connections', async () => {
    for await (const { id } of cityRepository.stream({ chunkSize: 3 })) {
      await cityRepository.update({ id, population: 100 });
    }
    expect(await cityRepository.count({ filters: { population: 100 } })).toBe(10);
    expectAllBack();
  });

  it('refuses what is wrong with its options at once', async () => {
    expect(() => cityRepository.stream({ chunkSize: 0 })).toThrow(ConfigError);
    expect(() => cityRepository.stream(unchecked<object>({ limits: 5 }))).toThrow('stream has no option "limits"');
    expect(() => cityRepository.stream({ filters: unchecked({ nmae: 1 }) })).toThrow(ConfigError);
    expect(() => cityRepository.stream({ orderBy: unchecked([{ name: 'down' }]) })).toThrow(ValidationError);
    const unknown = collect(
      cityRepository.stream({ filters: { id: 0 }, loadRelations: unchecked<['country']>(['contry']) }),
    );
    await expect(unknown).rejects.toThrow('City has no relation "contry"');
    expect(statements).toEqual([]);
  });
});

describe('a stream that ends early gives its connection back', () => {
  it('when the loop is left', async () => {
    for await (const { id } of cityRepository.stream({ chunkSize: 3 })) if (id > 0) break;
    expectAllBack();
  });

  it('when the loop throws, whose error is the one that is seen', async () => {
    const run = (async () => {
      for await (const { id } of cityRepository.stream({ chunkSize: 3 })) throw new Error(`at ${id}`);
    })();
    await expect(run).rejects.toThrow('at ');
    expectAllBack();
  });

  it('when it is not even begun', async () => {
    await cityRepository.stream().return?.();
    expect(statements).toEqual([]);
    expectAllBack();
  });

  it('when a row cannot be read', async () => {
    await sql`alter type city_status add value 'metropolis'`.execute(database.db);
    await sql`update city set status = 'metropolis' where id = 5`.execute(database.db);
    const ids: number[] = [];
    const run = async () => {
      for await (const { id } of cityRepository.stream({ orderBy: ['id'], chunkSize: 2 })) ids.push(id);
    };
    expect(await failureOf(ValidationError, run)).toMatchObject({ field: 'status' });
    expect(ids).toEqual([1, 2, 3, 4]);
    expectAllBack();
  });

  it('when its signal is aborted, between two rows', async () => {
    const controller = new AbortController();
    const ids: number[] = [];
    const run = async () => {
      for await (const { id } of cityRepository.stream({ orderBy: ['id'], chunkSize: 5, signal: controller.signal })) {
        ids.push(id);
        if (id === 2) controller.abort(new Error('enough'));
      }
    };
    const error = await failureOf(CanceledError, run);
    expect(error).toMatchObject({ operation: 'stream', cause: { message: 'enough' } });
    expect(ids).toEqual([1, 2]);
    expectAllBack();
  });

  it('when its signal is aborted, while the loop is at work on something else', async () => {
    const controller = new AbortController();
    const run = async () => {
      for await (const { id } of cityRepository.stream({ signal: controller.signal })) {
        expect(id).toBeGreaterThan(0);
        controller.abort();
        // The loop goes on here, as long as it likes.
        while (pool.idleCount < pool.totalCount) await new Promise(setImmediate);
      }
    };
    await failureOf(CanceledError, run);
    expectAllBack();
  });

  it('when its signal is aborted before', async () => {
    await failureOf(CanceledError, () => collect(cityRepository.stream({ signal: AbortSignal.abort() })));
    expect(statements).toEqual([]);
    expectAllBack();
  });
});

describe('a stream in a unit of work', () => {
  const inUnit = <T>(work: () => Promise<T>) => new UnitOfWork(context).run(work);
  const openCursors = async () => {
    const { rows } = await sql`select name from pg_cursors`.execute(context.current());
    return rows.length;
  };

  it('sees what the unit has written, and lets the loop write on the same connection', async () => {
    await inUnit(async () => {
      await cityRepository.updateWhere({}, { population: 7 }, { all: true });
      let seen = 0;
      for await (const { id, population } of cityRepository.stream({ orderBy: ['id'], chunkSize: 3 })) {
        expect(population).toBe(7);
        expect(pool.totalCount - pool.idleCount).toBe(1);
        await cityRepository.updateWhere({ id: { gte: id } }, { population: 8 });
        await cityRepository.add({ name: `New ${id}`, countryId: 1, population: 7 });
        seen++;
      }
      expect(seen).toBe(10);
      expect(await openCursors()).toBe(0);
    });
    expect(await cityRepository.count()).toBe(20);
    expectAllBack();
  });

  it('goes on after a unit within it that fails, and is not the only one', async () => {
    const pairs: string[] = [];
    await inUnit(async () => {
      for await (const one of cityRepository.stream({ orderBy: ['id'], chunkSize: 1, filters: { id: { lt: 4 } } })) {
        await failureOf(Error, () =>
          inUnit(async () => {
            await cityRepository.update({ id: one.id, population: 99 });
            throw new Error('not this one');
          }),
        );
        for await (const other of cityRepository.stream({
          orderBy: ['id'],
          chunkSize: 1,
          filters: { id: { lt: 3 } },
        })) {
          pairs.push(`${one.id} ${other.id}`);
        }
      }
    });
    expect(pairs).toEqual(['1 1', '1 2', '2 1', '2 2', '3 1', '3 2']);
    expect(await cityRepository.count({ filters: { population: 99 } })).toBe(0);
  });

  it('closes its cursor when the loop is left, or throws, and the unit goes on', async () => {
    await inUnit(async () => {
      for await (const { id } of cityRepository.stream({ chunkSize: 2 })) if (id > 0) break;
      const throwing = async () => {
        for await (const { id } of cityRepository.stream({ chunkSize: 2 })) throw new Error(`at ${id}`);
      };
      await failureOf(Error, throwing);
      expect(await openCursors()).toBe(0);
      await cityRepository.update({ id: 1, population: 50 });
    });
    expect(await cityRepository.get(1)).toMatchObject({ population: 50 });
  });

  it('closes its cursor when its signal is aborted between two rows, and the unit goes on', async () => {
    const controller = new AbortController();
    await inUnit(async () => {
      const aborting = async () => {
        for await (const { id } of cityRepository.stream({ chunkSize: 2, signal: controller.signal })) {
          if (id > 0) controller.abort();
        }
      };
      await failureOf(CanceledError, aborting);
      expect(await openCursors()).toBe(0);
      await cityRepository.update({ id: 1, population: 50 });
    });
    expect(await cityRepository.get(1)).toMatchObject({ population: 50 });
  });

  it('shows the error of a statement that failed in the loop, not what becomes of the cursor by that', async () => {
    const run = inUnit(async () => {
      for await (const { id } of cityRepository.stream({ chunkSize: 2 })) {
        if (id > 0) await sql`select 1 / 0`.execute(context.current());
      }
    });
    await expect(run).rejects.toMatchObject({ sqlstate: '22012' });
    expectAllBack();
  });

  it('cannot be read on when the unit has ended', async () => {
    const escaped = await inUnit(async () => {
      const stream = cityRepository.stream({ chunkSize: 2 });
      await stream.next();
      return stream;
    });
    await expect(escaped.next()).resolves.toMatchObject({ done: false });
    await failureOf(ConfigError, () => escaped.next());
    expectAllBack();
  });

  it('works for keys of several fields', async () => {
    const records = [1, 2, 3].map((n) => ({ cityId: n, day: '2024-01-01' }));
    await inUnit(async () => {
      await visitRepository.batchAdd(records);
      expect(await collect(visitRepository.stream({ orderBy: ['cityId'], chunkSize: 2 }))).toMatchObject(records);
    });
  });
});
