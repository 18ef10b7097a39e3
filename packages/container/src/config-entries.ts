import type { AnyMapping, RepositorySettings } from '@uno/domain';
import type { EntityEntry, RepositoryClass, RepositoryEntry, UnoContainerConfig } from './container-config.js';

/** A repository class, and what the configuration says of it. */
export interface NamedRepository {
  readonly repository: RepositoryClass;
  readonly settings: RepositorySettings;
}

/** A mapping that gets a plain repository, and what the configuration says of it. */
export interface NamedEntity {
  readonly mapping: AnyMapping;
  readonly settings: RepositorySettings;
}

export function namedRepositories(config: UnoContainerConfig): NamedRepository[] {
  return (config.repositories ?? []).map((entry: RepositoryClass | RepositoryEntry) => {
    if (typeof entry === 'function') return { repository: entry, settings: {} };
    const { repository, ...settings } = entry;
    return { repository, settings };
  });
}

export function namedEntities(config: UnoContainerConfig): NamedEntity[] {
  return (config.entities ?? []).map((entry: AnyMapping | EntityEntry) => {
    if (!('mapping' in entry)) return { mapping: entry, settings: {} };
    const { mapping, ...settings } = entry;
    return { mapping, settings };
  });
}
