import type { Queryable } from '@uno/postgres';
import { QueryCreator } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { DatabaseOf } from '../mapping/inferred-types.js';

/** Kysely's queries that read, over the tables of some mappings. */
export type KyselyQueries<Mappings extends readonly AnyMapping[]> = Pick<
  QueryCreator<DatabaseOf<Mappings>>,
  'selectFrom' | 'selectNoFrom' | 'with' | 'withRecursive'
>;

/** Queries that run where `db` does: in its transaction, if it is one, with its plugins and its log. */
export function kyselyQueries<Mappings extends readonly AnyMapping[]>(db: Queryable): KyselyQueries<Mappings> {
  return new QueryCreator<DatabaseOf<Mappings>>({ executor: db.getExecutor() });
}
