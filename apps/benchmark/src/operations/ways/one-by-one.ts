import pg from 'pg';
import type { Measured } from '../../measured.js';
import type { Way } from '../way.js';

const columns = 'name, country, population, latitude, longitude, active, created_at';

const insert = {
  name: 'insert',
  text: `insert into measured (id, ${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
};
const insertIds = {
  name: 'insert-ids',
  text: `insert into numbered (${columns}) values ($1, $2, $3, $4, $5, $6, $7) returning id`,
};
const get = {
  name: 'get',
  text: `select id, name, country, population, latitude, longitude, active, created_at as "createdAt"
    from measured where id = $1`,
};
const update = { name: 'update', text: 'update measured set name = $2, population = $3 where id = $1' };
const upsert = {
  name: 'upsert',
  text: `insert into measured (id, ${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (id) do update set name = excluded.name, country = excluded.country, population = excluded.population,
      latitude = excluded.latitude, longitude = excluded.longitude, active = excluded.active,
      created_at = excluded.created_at
    returning (xmax = 0) as inserted`,
};
const remove = { name: 'delete', text: 'delete from measured where id = $1' };

function described(record: Omit<Measured, 'id'>) {
  const { name, country, population, latitude, longitude, active, createdAt } = record;
  return [name, country, population, latitude, longitude, active, createdAt];
}

/** A named statement a record, awaited one after the other on one connection, each committed by itself. */
export const oneByOne: Way = {
  name: 'one-by-one',
  library: 'pg',
  variant: 'one by one',
  share: 0.1,
  open: async ({ connectionString, data }) => {
    const client = new pg.Client({ connectionString });
    await client.connect();

    /** Gives the number of rows that were written. */
    const written = async <T>(
      statement: { readonly name: string; readonly text: string },
      all: readonly T[],
      valuesOf: (one: T) => unknown[],
    ): Promise<number> => {
      let rows = 0;
      for (const one of all) rows += (await client.query({ ...statement, values: valuesOf(one) })).rowCount ?? 0;
      return rows;
    };

    return {
      runs: [
        {
          operation: 'insert',
          run: () => written(insert, data.records, (record) => [record.id, ...described(record)]),
        },
        {
          operation: 'insert-ids',
          run: async () => {
            const ids: (number | undefined)[] = [];
            for (const record of data.unnumbered) {
              const { rows } = await client.query<{ id: number }>({ ...insertIds, values: described(record) });
              ids.push(rows[0]?.id);
            }
            return ids;
          },
        },
        {
          operation: 'get',
          run: async () => {
            const records: (Measured | undefined)[] = [];
            for (const id of data.ids) records.push((await client.query<Measured>({ ...get, values: [id] })).rows[0]);
            return records;
          },
        },
        {
          operation: 'update',
          run: () => written(update, data.changes, ({ id, name, population }) => [id, name, population]),
        },
        {
          operation: 'upsert',
          run: async () => {
            let inserted = 0;
            let updated = 0;
            for (const record of data.changed) {
              const values = [record.id, ...described(record)];
              const { rows } = await client.query<{ inserted: boolean }>({ ...upsert, values });
              if (rows[0]?.inserted) inserted++;
              else updated++;
            }
            return { inserted, updated };
          },
        },
        { operation: 'delete', run: () => written(remove, data.ids, (id) => [id]) },
      ],
      close: () => client.end(),
    };
  },
};
