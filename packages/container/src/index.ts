export type {
  ConnectionSettings,
  EntityEntry,
  Logger,
  PoolSettings,
  RepositoryClass,
  RepositoryEntry,
  UnoContainerConfig,
} from './container-config.js';
export { kyselyToken, repositoryOf } from './tokens.js';
export { createUnoContainer, UnoContainer } from './uno-container.js';
