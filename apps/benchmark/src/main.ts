import { BatchOperations } from '@uno/batch';
import { createTables } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { startPostgres } from '@uno/testing';
import Table from 'cli-table3';
import { Kysely } from 'kysely';
import { openPool } from './open-pool.js';
import { measured, measuredRecords } from './measured.js';
import { interleaved, median, ratios, type Variant } from './rounds.js';

const records = measuredRecords(20_000);
const keys = records.map(({ id }) => id);
const rounds = 30;

await using server = await startPostgres();
const database = await server.createDatabase();
const pool = openPool({ connectionString: database.connectionString, max: 1 });
const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
await createTables(db, [measured]);

const batchSize = 1000;
const off = new BatchOperations({ table: measured, db, config: { batchSize, collectMetrics: false } });
const on = new BatchOperations({ table: measured, db, config: { batchSize, collectMetrics: true } });

const empty = async () => {
  await off.batchDelete(keys);
};
const full = async () => {
  await off.batchUpsert(records);
};

/** Twice without metrics: what the second differs by from the first is noise. */
function variantsOf(prepare: () => Promise<void>, run: (operations: typeof on) => Promise<unknown>): Variant[] {
  const variant = (name: string, operations: typeof on): Variant => ({
    name,
    prepare,
    run: async () => {
      await run(operations);
    },
  });
  return [variant('without', off), variant('with', on), variant('without, again', off)];
}

const table = new Table({ head: ['operation', 'measure', 'without (ms)', 'with / without', 'noise'] });
for (const [name, variants] of Object.entries({
  batchInsert: variantsOf(empty, (operations) => operations.batchInsert(records)),
  batchUpdate: variantsOf(full, (operations) => operations.batchUpdate(records)),
  batchGet: variantsOf(full, (operations) => operations.batchGet(keys)),
})) {
  const samples = await interleaved(variants, rounds, 5);
  const without = samples.get('without') ?? [];
  for (const measure of ['cpuMs', 'elapsedMs'] as const) {
    const shown = (variant: string) => median(ratios(samples.get(variant) ?? [], without, measure)).toFixed(4);
    const milliseconds = median(without.map((sample) => sample[measure])).toFixed(1);
    table.push([name, measure, milliseconds, shown('with'), shown('without, again')]);
  }
}
console.log(`What collecting metrics costs: ${records.length} records of 8 columns in chunks of ${batchSize},`);
console.log(
  `median of the ratios in ${rounds} interleaved rounds, Node ${process.version}, PostgreSQL ${server.version}.`,
);
console.log(table.toString());
await db.destroy();
