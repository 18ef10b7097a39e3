import { BatchOperationsPort } from '@uno/batch';
import { LruEntityCache } from '@uno/cache';
import { checkPageKey, mergeSettings } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import { namedEntities, namedRepositories } from './config-entries.js';
import type { UnoContainerConfig } from './container-config.js';

/** What is wrong with the settings of repositories. */
export function repositoryFaults(config: UnoContainerConfig): string[] {
  const named = [
    { name: 'settings', settings: config.settings },
    ...namedRepositories(config).map(({ repository, settings }) => ({ name: repository.name, settings })),
    ...namedEntities(config).map(({ mapping, settings }) => ({ name: mapping.name, settings })),
  ];
  return named.flatMap(({ name, settings }) => faultsOf(settings, (one) => mergeSettings(name, one)));
}

/** What is wrong with the settings of batch operations. */
export function batchFaults({ batch }: UnoContainerConfig): string[] {
  if (batch === false) return [];
  return faultsOf(batch, (one) => new BatchOperationsPort(one)).map((fault) => `batch: ${fault}`);
}

/** What is wrong with the settings of the cache. */
export function cacheFaults({ cache }: UnoContainerConfig): string[] {
  if (cache === false) return [];
  const { entities, ...settings } = cache ?? {};
  const check = (one: object) => new LruEntityCache({ settings: one });
  const faults = faultsOf(settings, check).map((fault) => `cache: ${fault}`);
  if (entities !== undefined && !(entities instanceof Map)) {
    return [...faults, 'cache.entities is a Map of mappings and their settings'];
  }
  for (const [mapping, own] of entities ?? []) {
    faults.push(...faultsOf(own, check).map((fault) => `cache.entities, ${mapping.name}: ${fault}`));
  }
  return faults;
}

/** What is wrong with the secret of pages, which is not shown. */
export function pageKeyFaults({ pageKey }: UnoContainerConfig): string[] {
  return faultsOf({ pageKey }, (one) => checkPageKey(Object.values(one)[0]));
}

/** Puts every setting, by itself, to the one who takes it, who would otherwise stop at the first fault. */
function faultsOf(settings: object | undefined, check: (one: object) => unknown): string[] {
  return Object.entries(settings ?? {}).flatMap(([name, value]) => {
    try {
      check({ [name]: value });
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return [error.message];
      throw error;
    }
  });
}
