import type { UnoContainer } from '@uno/container';
import { kyselyToken } from '@uno/container';
import { createTables } from '@uno/domain';
import { createTestDatabase, type TestDatabase } from '@uno/testing';
import { type GeoNames, toGeoNames } from '../../src/data/geonames.js';
import { readSourceFiles } from '../../src/data/source-files.js';
import { createGazetteer } from '../../src/gazetteer-container.js';
import { mappings } from '../../src/model/mappings.js';
import { GazetteerImport } from '../../src/services/gazetteer-import.js';

/** Three real countries of different sizes: Switzerland, Luxembourg and Liechtenstein. */
const smallCountries = ['CH', 'LI', 'LU'];

export interface SmallGazetteer extends AsyncDisposable {
  readonly container: UnoContainer;
  readonly database: TestDatabase;
  readonly data: GeoNames;
}

async function readSmallData(): Promise<GeoNames> {
  return toGeoNames(await readSourceFiles(), { only: smallCountries });
}

/** A gazetteer on a database of its own with empty tables, or with three countries in them. */
export async function smallGazetteer(fill: 'empty' | 'tables' | 'imported'): Promise<SmallGazetteer> {
  const database = await createTestDatabase({ name: 'gazetteer' });
  const container = createGazetteer(database.connectionString);
  const data = await readSmallData();
  if (fill !== 'empty') await createTables(container.get(kyselyToken), mappings);
  if (fill === 'imported') await container.get(GazetteerImport).insert(data);
  return {
    container,
    database,
    data,
    [Symbol.asyncDispose]: async () => {
      await container.dispose();
      await database.drop();
    },
  };
}
