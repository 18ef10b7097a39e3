import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, LockTimeoutError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { cities, countries, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

/** A repository with transactions of its own. */
interface Party {
  readonly repository: UnoDBRepository<typeof cities>;
  readonly work: UnitOfWork;
}

let database: OpenDatabase;
let one: Party;
let other: Party;

function party(): Party {
  const context = new UnoContext({ db: database.db });
  return { repository: new UnoDBRepository(context, cities), work: new UnitOfWork(context) };
}

beforeAll(async () => {
  database = await openDatabase(world);
  [one, other] = [party(), party()];
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  await new UnoDBRepository(new UnoContext({ db: database.db }), countries).add({ name: 'Switzerland' });
  await one.repository.batchAdd([
    { name: 'Bern', countryId: 1, population: 1 },
    { name: 'Biel', countryId: 1, population: 2 },
  ]);
  database.statements.length = 0;
});

/** Waits until somebody waits for a lock. */
async function untilSomebodyWaits(): Promise<void> {
  const query = sql<{ waiting: boolean }>`select exists(
    select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  ) as waiting`;
  while (!(await query.execute(database.db)).rows[0]?.waiting);
}

const ids = (rows: readonly { readonly id: number }[]) => rows.map(({ id }) => id);

describe('a lock', () => {
  it('makes others wait, who then read what was written meanwhile', async () => {
    const raise = ({ repository, work }: Party, meanwhile?: () => Promise<void>) =>
      work.run(async () => {
        const { id, population } = await repository.getOrFail(1, { lock: 'update' });
        await meanwhile?.();
        await repository.update({ id, population: (population ?? 0) + 10 });
      });
    let second: Promise<void> | undefined;
    await raise(one, async () => {
      second = raise(other);
      await untilSomebodyWaits();
    });
    await second;
    expect(await one.repository.get(1)).toMatchObject({ population: 21 });
  });

  it('leaves out rows that others have locked, when told to', async () => {
    await one.work.run(async () => {
      expect(ids(await one.repository.list({ filters: { name: 'Bern' }, lock: 'update' }))).toEqual([1]);
      await other.work.run(async () => {
        const lock = { for: 'update', skipLocked: true } as const;
        expect(ids(await other.repository.list({ lock }))).toEqual([2]);
        expect(await other.repository.findOne({ fields: ['id'], lock })).toEqual({ id: 2 });
        expect(await other.repository.get(1, { lock })).toBeUndefined();
        // Without a lock all rows can be read.
        expect(ids(await other.repository.list({ orderBy: ['id'] }))).toEqual([1, 2]);
      });
    });
  });

  it('fails the call at once, when told to', async () => {
    await one.work.run(async () => {
      await one.repository.get(1, { lock: 'update' });
      const reads: (() => Promise<unknown>)[] = [
        () => other.repository.get(1, { lock: { for: 'share', noWait: true } }),
        () => other.repository.list({ lock: { for: 'update', noWait: true } }),
      ];
      for (const read of reads) {
        const error = await failureOf(LockTimeoutError, () => other.work.run(read));
        expect(error).toMatchObject({ sqlstate: '55P03', retry: 'whole-transaction' });
      }
    });
  });

  it('can be shared, and keeps others from changing the row', async () => {
    await one.work.run(async () => {
      await one.repository.get(1, { lock: 'share' });
      await other.work.run(async () => {
        expect(await other.repository.get(1, { lock: { for: 'share', noWait: true } })).toMatchObject({ id: 1 });
      });
      const lock = { for: 'update', noWait: true } as const;
      await failureOf(LockTimeoutError, () => other.work.run(() => other.repository.get(1, { lock })));
    });
  });

  it('is refused outside of a transaction, before anything is sent', async () => {
    for (const [name, read] of [
      ['get', () => one.repository.get(1, { lock: 'update' })],
      ['list', () => one.repository.list({ lock: 'update' })],
      ['findOne', () => one.repository.findOne({ lock: { for: 'share', skipLocked: true } })],
    ] as const) {
      const error = await failureOf(ConfigError, read);
      expect(error.message).toBe(
        `${name}: a lock lasts until its transaction ends, and this call is in none. Call it in UnitOfWork.run.`,
      );
    }
    expect(database.statements).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['another word', 'exclusive', 'not a string.'],
    ['true', true, 'not a boolean.'],
    ['null', null, 'not null.'],
    ['no mode', { skipLocked: true }, 'not an object of other properties.'],
    ['SQL', { for: 'update; drop table city' }, 'not an object of other properties.'],
    ['both ways not to wait', { for: 'update', skipLocked: true, noWait: true }, 'of other properties.'],
    ['an unknown property', { for: 'update', noWait: true, of: 'city' }, 'of other properties.'],
  ])('is refused that is none: %s', async (_, lock, message) => {
    const error = await failureOf(ConfigError, () =>
      one.work.run(() => one.repository.list({ lock: unchecked(lock) })),
    );
    expect(error.message).toContain("list: lock takes 'update', 'share', or an object such as");
    expect(error.message).toContain(message);
  });
});
