import type { BatchProgress } from '@uno/domain';
import { count, milliseconds } from '../cli/output.js';
import type { GeoNames } from '../data/geonames.js';
import { verify } from '../measure/verify.js';
import { reportProgress } from '../progress/progress-reporter.js';
import type { ImportOptions, ImportTotals } from '../services/gazetteer-import.js';
import { type Guide, inStatements } from './guide.js';

const tables = ['countries', 'regions', 'cities'] as const;

/** Fills the empty tables. */
export async function importAll(guide: Guide, data: GeoNames): Promise<void> {
  const { facts, importer, meter, say } = guide;
  say(`Importing ${count(sizeOf(data))} records in one transaction: all of them or none.`);
  const { result, measured } = await meter.measure('import', sizeOf(data), () =>
    withProgress(guide, 'importing', data, (options) => importer.insert(data, options)),
  );
  for (const table of tables) {
    verify(`the number of ${table} inserted`, data[table].length, result[table].inserted);
    verify(`the number of ${table} in the database`, data[table].length, await facts[table]());
  }
  const [countries, regions, cities] = [data.countries.length, data.regions.length, data.cities.length].map(count);
  say(`   ${cities} cities in ${regions} regions of ${countries} countries and territories are in the database,`);
  say(`   after ${milliseconds(measured.elapsedMs)}${inStatements(measured.statements)}.`);
  say(`   ${count(await facts.citiesWithoutRegion())} cities have no region, since GeoNames has none with a name.`);
}

/** Does it again, which has to change nothing. */
export async function importAgain(guide: Guide, data: GeoNames): Promise<void> {
  const { facts, importer, meter, say } = guide;
  say('Importing everything again, by upsert on the columns that are unique.');
  const { result, measured } = await meter.measure('import again (upsert)', sizeOf(data), () =>
    withProgress(guide, 'comparing', data, (options) => importer.upsert(data, options)),
  );
  for (const table of tables) {
    const { inserted, updated, unchanged } = result[table];
    verify(`the number of ${table} inserted again`, 0, inserted);
    verify(`the number of ${table} updated`, 0, updated);
    verify(`the number of ${table} unchanged`, data[table].length, unchanged);
    verify(`the number of ${table} in the database`, data[table].length, await facts[table]());
    say(`   ${table}: inserted ${count(inserted)}, updated ${count(updated)}, unchanged ${count(unchanged)}`);
  }
  say(`   after ${milliseconds(measured.elapsedMs)}${inStatements(measured.statements)}.`);
}

async function withProgress(
  { output, signal }: Guide,
  label: string,
  data: GeoNames,
  run: (options: ImportOptions) => Promise<ImportTotals>,
): Promise<ImportTotals> {
  const progress = reportProgress(output, label, sizeOf(data));
  // Each table is a call of its own, which tells how far it has come itself.
  const done = new Map<string, number>();
  const onProgress = ({ name, processed }: BatchProgress) => {
    done.set(name, processed);
    progress.reach([...done.values()].reduce((sum, records) => sum + records));
  };
  try {
    return await run({ signal, onProgress });
  } finally {
    progress.finish();
  }
}

function sizeOf({ countries, regions, cities }: GeoNames): number {
  return countries.length + regions.length + cities.length;
}
