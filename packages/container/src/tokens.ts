import type { AnyMapping, UnoDBRepository } from '@uno/domain';
import type { ServiceIdentifier } from 'inversify';
import type { Kysely } from 'kysely';

/**
 * The Kysely database of the container, for queries of your own.
 *
 * @example
 * ```ts
 * constructor(@inject(kyselyToken) private readonly db: Kysely<Database>) {}
 * ```
 */
export const kyselyToken: ServiceIdentifier<Kysely<unknown>> = Symbol.for('uno.kysely');

const repositoryTokens = new WeakMap<AnyMapping, symbol>();

/**
 * The plain repository of an entity that has no repository class; its mapping is among the container's `entities`.
 *
 * @example
 * ```ts
 * constructor(
 *   @inject(repositoryOf(countries)) private readonly countryRepository: UnoDBRepository<typeof countries>,
 * ) {}
 * ```
 */
export function repositoryOf<M extends AnyMapping>(mapping: M): ServiceIdentifier<UnoDBRepository<M>> {
  let token = repositoryTokens.get(mapping);
  if (token === undefined) {
    token = Symbol(`repository of ${mapping.name}`);
    repositoryTokens.set(mapping, token);
  }
  return token;
}
