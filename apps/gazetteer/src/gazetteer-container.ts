import { createUnoContainer, type UnoContainer } from '@uno/container';
import { countries } from './model/countries.js';
import { CityRepository } from './repositories/city-repository.js';
import { RegionRepository } from './repositories/region-repository.js';
import { CityIntake } from './services/city-intake.js';
import { CityMaintenance } from './services/city-maintenance.js';
import { GazetteerImport } from './services/gazetteer-import.js';
import { GazetteerService } from './services/gazetteer-service.js';

/** Entities of each mapping that stay in memory: room for the largest country and a busy day. */
const cachedEntities = 25_000;

/** Everything the gazetteer is made of, wired to a database. Dispose it before the database goes. */
export function createGazetteer(connectionString: string): UnoContainer {
  return createUnoContainer({
    database: { connectionString },
    // Repositories with methods of their own are classes; a country needs none, so it gets a plain repository.
    repositories: [CityRepository, RegionRepository],
    entities: [countries],
    services: [GazetteerService, GazetteerImport, CityMaintenance, CityIntake],
    cache: { maxEntries: cachedEntities },
    logger: { info: () => undefined, warn: (_context, message) => process.stderr.write(`${message}\n`) },
  });
}
