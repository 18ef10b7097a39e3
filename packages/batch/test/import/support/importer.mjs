/** Imports files side by side when it is told to, and tells what came of each: a process that can be killed meanwhile. */
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { readFile } from '@uno/formats';
import { UnoPostgresDialect } from '@uno/postgres';
import { Kysely } from 'kysely';
import pg from 'pg';

class Item {
  n = 0;
  name = '';
  /** @type {number | null} */
  amount = null;
}
const columns = { n: column.integer(), name: column.text(), amount: column.integer().nullable() };

/** @param {object} message */
const say = (message) => new Promise((resolve) => process.send?.(message, resolve));

process.on('disconnect', () => process.exit());
process.once('message', async (/** @type {import('./importer-process.js').Assignment} */ assignment) => {
  const { connectionString, file, batchSize, imports } = assignment;
  const pool = new pg.Pool({ connectionString, max: 8 });
  pool.on('error', () => undefined);
  const db = new Kysely({ dialect: new UnoPostgresDialect({ pool }) });
  process.once('message', async () => {
    await Promise.all(
      imports.map(async ({ table, options }) => {
        const mapping = mapEntity(Item, { table, key: 'n', columns });
        const operations = new BatchOperations({ table: mapping, db, config: { batchSize, maxWorkers: 2 } });
        await say({ table, result: await operations.batchImport(readFile(file), options) });
      }),
    );
    process.exit();
  });
  await db.connection().execute(async () => say({ connected: true }));
});
await say({ loaded: true });
