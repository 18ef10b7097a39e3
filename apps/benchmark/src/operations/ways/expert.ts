import pg from 'pg';
import type { Measured } from '../../measured.js';
import type { Change } from '../dataset.js';
import type { Way } from '../way.js';
import { chunks } from './chunks.js';

const CHUNK = 1000;

const columns = 'name, country, population, latitude, longitude, active, created_at';
const arrays = (from: number) =>
  ['text', 'varchar', 'int', 'float8', 'float8', 'bool', 'timestamptz']
    .map((type, i) => `$${from + i}::${type}[]`)
    .join();

const insert = {
  name: 'insert',
  text: `insert into measured (id, ${columns}) select * from unnest($1::int[], ${arrays(2)})`,
};
const insertIds = {
  name: 'insert-ids',
  text: `insert into numbered (${columns}) select * from unnest(${arrays(1)}) returning id`,
};
const get = {
  name: 'get',
  text: `select id, name, country, population, latitude, longitude, active, created_at as "createdAt"
    from measured where id = any($1::int[])`,
};
const update = {
  name: 'update',
  text: `update measured as t set name = u.name, population = u.population
    from unnest($1::int[], $2::text[], $3::int[]) as u (id, name, population) where t.id = u.id`,
};
const upsert = {
  name: 'upsert',
  text: `insert into measured (id, ${columns}) select * from unnest($1::int[], ${arrays(2)})
    on conflict (id) do update set name = excluded.name, country = excluded.country, population = excluded.population,
      latitude = excluded.latitude, longitude = excluded.longitude, active = excluded.active,
      created_at = excluded.created_at
    returning (xmax = 0) as inserted`,
};
const remove = { name: 'delete', text: 'delete from measured where id = any($1::int[])' };

function described(records: readonly Omit<Measured, 'id'>[]) {
  return [
    records.map(({ name }) => name),
    records.map(({ country }) => country),
    records.map(({ population }) => population),
    records.map(({ latitude }) => latitude),
    records.map(({ longitude }) => longitude),
    records.map(({ active }) => active),
    records.map(({ createdAt }) => createdAt),
  ];
}

const identified = (records: readonly Measured[]) => [records.map(({ id }) => id), ...described(records)];

const changedValues = (changes: readonly Change[]) => [
  changes.map(({ id }) => id),
  changes.map(({ name }) => name),
  changes.map(({ population }) => population),
];

/**
 * What a competent person writes by hand for speed, and what all are compared with: `pg`, one array parameter a column
 * in the driver's own encoding, named statements in chunks of 1,000, one connection, one transaction.
 */
export const expert: Way = {
  name: 'expert',
  library: 'pg-unnest',
  variant: 'chunks of 1000',
  open: async ({ connectionString, data }) => {
    const client = new pg.Client({ connectionString });
    await client.connect();

    const inTransaction = async <T>(work: () => Promise<T>): Promise<T> => {
      await client.query('begin');
      try {
        const result = await work();
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback');
        throw error;
      }
    };

    /** Gives the number of rows that were written. */
    const written = <T>(
      statement: { readonly name: string; readonly text: string },
      all: readonly T[],
      valuesOf: (chunk: readonly T[]) => unknown[],
    ): Promise<number> =>
      inTransaction(async () => {
        let rows = 0;
        for (const chunk of chunks(all, CHUNK)) {
          const { rowCount } = await client.query({ ...statement, values: valuesOf(chunk) });
          rows += rowCount ?? 0;
        }
        return rows;
      });

    return {
      runs: [
        { operation: 'insert', run: () => written(insert, data.records, identified) },
        {
          operation: 'insert-ids',
          run: () =>
            inTransaction(async () => {
              const ids: number[] = [];
              for (const chunk of chunks(data.unnumbered, CHUNK)) {
                const { rows } = await client.query<{ id: number }>({ ...insertIds, values: described(chunk) });
                for (const { id } of rows) ids.push(id);
              }
              return ids;
            }),
        },
        {
          operation: 'get',
          run: async () => {
            const records: (Measured | undefined)[] = [];
            for (const chunk of chunks(data.ids, CHUNK)) {
              const { rows } = await client.query<Measured>({ ...get, values: [chunk] });
              const byId = new Map(rows.map((row) => [row.id, row]));
              for (const id of chunk) records.push(byId.get(id));
            }
            return records;
          },
        },
        { operation: 'update', run: () => written(update, data.changes, changedValues) },
        {
          operation: 'upsert',
          run: () =>
            inTransaction(async () => {
              let inserted = 0;
              let updated = 0;
              for (const chunk of chunks(data.changed, CHUNK)) {
                const { rows } = await client.query<{ inserted: boolean }>({ ...upsert, values: identified(chunk) });
                for (const row of rows) {
                  if (row.inserted) inserted++;
                  else updated++;
                }
              }
              return { inserted, updated };
            }),
        },
        { operation: 'delete', run: () => written(remove, data.ids, (ids) => [ids]) },
      ],
      close: () => client.end(),
    };
  },
};
