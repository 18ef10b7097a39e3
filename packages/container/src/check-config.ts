import { ConfigError } from '@uno/postgres';
import type { EntityEntry, RepositoryClass, RepositoryEntry, UnoContainerConfig } from './container-config.js';

const known: readonly string[] = [
  'database',
  'repositories',
  'entities',
  'services',
  'settings',
  'batch',
  'cache',
  'logger',
];

/**
 * Finds what is wrong with a container's configuration before anything is made of it.
 *
 * @throws ConfigError that lists every fault
 */
export function checkContainerConfig(config: UnoContainerConfig): void {
  const faults = Object.keys(config)
    .filter((name) => !known.includes(name))
    .map((name) => `there is no option "${name}"; known are: ${known.join(', ')}`);
  faults.push(...databaseFaults(config.database));
  const classes = [...(config.repositories ?? []).map(classOf), ...(config.services ?? [])];
  faults.push(...duplicates(classes, (item) => `the class ${item.name} is registered twice`));
  const mappings = (config.entities ?? []).map(mappingOfEntry);
  faults.push(...duplicates(mappings, (item) => `the entity ${item.name} is registered twice`));
  if (faults.length > 0) throw new ConfigError(`createUnoContainer: ${faults.join('; ')}.`);
}

export function classOf(entry: RepositoryClass | RepositoryEntry): RepositoryClass {
  return typeof entry === 'function' ? entry : entry.repository;
}

export function mappingOfEntry(entry: NonNullable<UnoContainerConfig['entities']>[number]) {
  return isEntityEntry(entry) ? entry.mapping : entry;
}

export function isEntityEntry(entry: NonNullable<UnoContainerConfig['entities']>[number]): entry is EntityEntry {
  return 'mapping' in entry;
}

function databaseFaults(database: UnoContainerConfig['database'] | undefined): string[] {
  if (typeof database !== 'object' || database === null) return ['database is missing: { connectionString } or { pool }'];
  if ('pool' in database) {
    return typeof database.pool?.connect === 'function' ? [] : ['database.pool is not a pg pool'];
  }
  const { connectionString, maxConnections = 1, connectTimeoutMs = 1 } = database;
  const faults: string[] = [];
  // The string itself is not shown, because it holds the password.
  if (typeof connectionString !== 'string' || !/^postgres(ql)?:\/\//.test(connectionString)) {
    faults.push('database.connectionString is not of the form postgres://user:password@host:port/database');
  }
  for (const [name, value] of Object.entries({ maxConnections, connectTimeoutMs })) {
    if (!Number.isSafeInteger(value) || value < 1) faults.push(`database.${name} is a whole number from 1`);
  }
  return faults;
}

function duplicates<T>(items: readonly T[], describe: (item: T) => string): string[] {
  return items.filter((item, i) => items.indexOf(item) !== i).map(describe);
}
