import { ConfigError } from '@uno/postgres';
import type { EntityClass } from '../entity/entity.js';
import type { AnyMapping } from './entity-mapping.js';

/** By class, so that a relation can name its target before that is mapped; weak, so that nothing is kept alive. */
const mappings = new WeakMap<EntityClass<object>, AnyMapping>();

/** Called by `mapEntity`; the latest mapping of a class is the one that relations to it use. */
export function registerMapping(mapping: AnyMapping): void {
  mappings.set(mapping.entity, mapping);
}

/** @throws ConfigError when the class is not mapped, or its module has not been imported yet */
export function mappingOfClass(entity: EntityClass<object>, wantedBy: string): AnyMapping {
  const found = mappings.get(entity);
  if (found !== undefined) return found;
  throw new ConfigError(
    `${wantedBy} needs the class ${entity.name}, which is not mapped. Call mapEntity(${entity.name}, …) first.`,
  );
}
