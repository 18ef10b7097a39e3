import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import { atomically, ConfigError, copyIn, executeText, type Queryable } from '../../src/index.js';
import { cityIds, createCities, intoCities, line, lines } from '../support/cities.js';
import { failureOf } from '../support/conditions.js';
import { slowly } from '../support/slowly.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  const opened = bed.open({ pool: { max: 1 } });
  db = opened.db;
  await prepare(opened.pool, createCities);
});
beforeEach(() => executeText(db, { sql: 'truncate city' }));
afterAll(() => bed.close());

async function count(on: Queryable): Promise<number> {
  return Number((await executeText(on, { sql: 'select count(*) from city' })).rows[0]?.[0]);
}

describe('what is begun in one transaction at once', () => {
  it('takes turns in the order in which it was begun', async () => {
    await db.transaction().execute(async (trx) => {
      const seen = await Promise.all([
        copyIn(trx, intoCities, slowly(lines(5), 5)),
        count(trx),
        copyIn(trx, intoCities, slowly([line(6), line(7)], 5)),
        count(trx),
        copyIn(trx, intoCities, line(8)),
        count(trx),
      ]);
      expect(seen).toEqual([{ affected: 5 }, 5, { affected: 2 }, 7, { affected: 1 }, 8]);
    });
  });

  it('is not mixed up with queries of Kysely', async () => {
    await db.transaction().execute(async (trx) => {
      const copying = copyIn(trx, intoCities, slowly(lines(5), 5));
      const raw = sql<{ n: string }>`select count(*) as n from city`.execute(trx);
      await copying;
      expect((await raw).rows).toHaveLength(1);
      expect(await count(trx)).toBe(5);
    });
  });

  it('keeps a failure to itself behind savepoints', async () => {
    await db.transaction().execute(async (trx) => {
      const outcomes = await Promise.allSettled([
        atomically(trx, (inner) => copyIn(inner, intoCities, slowly(lines(3), 5))),
        atomically(trx, (inner) => copyIn(inner, intoCities, slowly([line(4), line(1)], 5))),
        atomically(trx, (inner) => copyIn(inner, intoCities, slowly([line(5)], 5))),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });
    expect(await cityIds(db)).toEqual([1, 2, 3, 5]);
  });
});

describe('a transaction that has ended', () => {
  it('takes nothing more', async () => {
    const ended: Queryable[] = [];
    await db.transaction().execute(async (trx) => {
      ended.push(trx);
    });
    for (const trx of ended) expect(await failureOf(copyIn(trx, intoCities, line(1)))).toBeInstanceOf(ConfigError);
    expect(await cityIds(db)).toEqual([]);
  });
});
