/** Imports a stream of made rows and tells what came of it and how much memory the process has had, in kB. */
import { Readable } from 'node:stream';
import { BatchOperations } from '@uno/batch';
import { mappingOf, readTable } from '@uno/domain';
import { readCsv } from '@uno/formats';
import { UnoPostgresDialect } from '@uno/postgres';
import { Kysely } from 'kysely';
import pg from 'pg';

const [, , connectionString, table = '', rows] = process.argv;

/** @param {number} i */
function lineOf(i) {
  const place = `${(i % 180) - 90}.25,${(i % 360) - 180}.5,${i % 3 === 0},2024-01-01T00:00:${String(i % 60).padStart(2, '0')}Z`;
  return `${i},"Place ${i}, of many",F${i % 10},${i % 1_000_000},${place}\n`;
}

function* pieces() {
  yield Buffer.from('id,name,country,population,latitude,longitude,active,created_at\n');
  for (let first = 0; first < Number(rows); first += 500) {
    yield Buffer.from(Array.from({ length: 500 }, (_, i) => lineOf(first + i)).join(''));
  }
}

const pool = new pg.Pool({ connectionString, max: 2 });
const db = new Kysely({ dialect: new UnoPostgresDialect({ pool }) });
const operations = new BatchOperations({ table: mappingOf(await readTable(db, table)), db });
const { inserted } = await operations.batchImport(readCsv(Readable.from(pieces())));
await db.destroy();
process.stdout.write(JSON.stringify({ inserted, peak: process.resourceUsage().maxRSS }));
