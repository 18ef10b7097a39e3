export {
  type ConnectionSettings,
  defaultConnectTimeoutMs,
  defaultMaxConnections,
  type EntityEntry,
  type PoolSettings,
  type RepositoryClass,
  type RepositoryEntry,
  type UnoContainerConfig,
} from './container-config.js';
export { kyselyToken, repositoryOf } from './tokens.js';
export { createUnoContainer, UnoContainer } from './uno-container.js';
