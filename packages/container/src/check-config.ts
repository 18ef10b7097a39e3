import { isLogger } from '@uno/batch';
import { isMapping } from '@uno/domain';
import { ConfigError, kindOf } from '@uno/postgres';
import { databaseFaults } from './check-database.js';
import { batchFaults, cacheFaults, pageKeyFaults, repositoryFaults } from './check-settings.js';
import { namedEntities, namedRepositories } from './config-entries.js';
import type { UnoContainerConfig } from './container-config.js';

/** Every option, spelt as keys so that one that is added to the type has to be added here. */
const options: Readonly<Record<keyof UnoContainerConfig, true>> = {
  database: true,
  repositories: true,
  entities: true,
  services: true,
  settings: true,
  batch: true,
  cache: true,
  pageKey: true,
  logger: true,
};
const known = Object.keys(options);

/**
 * Finds what is wrong with a container's configuration before anything is made of it.
 *
 * @throws ConfigError that lists every fault
 */
export function checkContainerConfig(config: UnoContainerConfig): void {
  if (!isObject(config)) throw new ConfigError(`createUnoContainer takes a configuration, not ${kindOf(config)}.`);
  const faults = Object.keys(config)
    .filter((name) => !known.includes(name))
    .map((name) => `there is no option "${name}"; known are: ${known.join(', ')}`);
  faults.push(
    ...databaseFaults(config.database),
    ...entryFaults(config),
    ...batchFaults(config),
    ...cacheFaults(config),
    ...pageKeyFaults(config),
  );
  if (config.logger !== undefined && !isLogger(config.logger)) faults.push('logger lacks a method: info or warn');
  if (faults.length === 0) return;
  throw new ConfigError(
    `createUnoContainer: the configuration has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}.\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
  );
}

/** What is wrong with the lists of classes and mappings, and with the settings in them once those can be read. */
function entryFaults(config: UnoContainerConfig): string[] {
  const faults = [
    ...listFaults(
      'repositories',
      config.repositories,
      'a class',
      (item) => isClass(item) || isClass(item['repository']),
    ),
    ...listFaults('entities', config.entities, 'a mapping', (item) => isMapping(item) || isMapping(item['mapping'])),
    ...listFaults('services', config.services, 'a class', isClass),
  ];
  if (faults.length > 0) return faults;
  const classes = [...namedRepositories(config).map(({ repository }) => repository), ...(config.services ?? [])];
  const mappings = namedEntities(config).map(({ mapping }) => mapping);
  return [
    ...duplicates(classes).map(({ name }) => `the class ${name} is registered twice`),
    ...duplicates(mappings).map(({ name }) => `the entity ${name} is registered twice`),
    ...repositoryFaults(config),
  ];
}

function listFaults(
  name: 'repositories' | 'entities' | 'services',
  list: unknown,
  wanted: string,
  isWanted: (item: Readonly<Record<string, unknown>>) => boolean,
): string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) return [`${name} is an array, not ${kindOf(list)}`];
  return list.flatMap((item: unknown, i) => {
    if (item === undefined) return [`${name}[${i}] is undefined; do modules import each other in a circle?`];
    return isObject(item) && isWanted(item) ? [] : [`${name}[${i}] is not ${wanted}`];
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function isClass(value: unknown): boolean {
  return typeof value === 'function';
}

/** Each item that is there more than once, once. */
function duplicates<T>(items: readonly T[]): T[] {
  return [...new Set(items.filter((item, i) => items.indexOf(item) !== i))];
}
