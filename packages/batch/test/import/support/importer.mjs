/** Imports a file when it is told to, and tells what came of it: a process that can be killed meanwhile. */
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
  const { connectionString, table, file, options, batchSize } = assignment;
  const pool = new pg.Pool({ connectionString, max: 3 });
  pool.on('error', () => undefined);
  const db = new Kysely({ dialect: new UnoPostgresDialect({ pool }) });
  const mapping = mapEntity(Item, { table, key: 'n', columns });
  const operations = new BatchOperations({ table: mapping, db, config: { batchSize, maxWorkers: 2 } });
  process.once('message', async () => {
    await say(await operations.batchImport(readFile(file), options));
    process.exit();
  });
  await db.connection().execute(async () => say({ connected: true }));
});
await say({ loaded: true });
