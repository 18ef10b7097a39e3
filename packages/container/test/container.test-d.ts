import type { Logger } from '@uno/batch';
import { createUnoContainer, repositoryOf, type UnoContainer } from '@uno/container';
import type { UnoDBRepository } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type pg from 'pg';
import { type Garden, GardenRepository, gardens, type TreeRepository, trees } from './support/gardens.js';
import type { Logger as PinoShaped } from './support/pino-shaped.js';

declare const container: UnoContainer;
declare const pool: pg.Pool;
const database = { connectionString: 'postgres://localhost/garden' };

// What is got from a container has the type of what was asked for.
expectTypeOf(container.get(GardenRepository)).toEqualTypeOf<GardenRepository>();
expectTypeOf(container.get(GardenRepository)).not.toEqualTypeOf<TreeRepository>();
expectTypeOf(container.get(repositoryOf(trees))).toEqualTypeOf<UnoDBRepository<typeof trees>>();
expectTypeOf(container.get(GardenRepository).byName()).resolves.toEqualTypeOf<Garden[]>();
expectTypeOf(createUnoContainer).returns.toEqualTypeOf<UnoContainer>();
expectTypeOf(container.dispose()).toEqualTypeOf<Promise<void>>();

// What can be given.
createUnoContainer({ database });
createUnoContainer({ database: { pool } });
createUnoContainer({ database, repositories: [GardenRepository, { repository: GardenRepository, batchSize: 5 }] });
createUnoContainer({ database, entities: [gardens, { mapping: trees, useCache: false }] });
createUnoContainer({ database, batch: false, cache: false, settings: { useBatchOperations: false } });
createUnoContainer({ database, cache: { maxEntries: 5, entities: new Map([[gardens, { ttlMs: 1000 }]]) } });
expectTypeOf<PinoShaped>().toExtend<Logger>();

// @ts-expect-error a database is needed
createUnoContainer({});
// @ts-expect-error a connection string is needed
createUnoContainer({ database: { maxConnections: 5 } });
// @ts-expect-error there is no such option
createUnoContainer({ database, repos: [GardenRepository] });
// @ts-expect-error there is no such setting of all
createUnoContainer({ database, settings: { bachSize: 5 } });
// @ts-expect-error there is no such setting of a repository
createUnoContainer({ database, repositories: [{ repository: GardenRepository, bachSize: 5 }] });
// @ts-expect-error a setting has another type
createUnoContainer({ database, repositories: [{ repository: GardenRepository, useBatchOperations: 'no' }] });
// @ts-expect-error there is no such setting of an entity
createUnoContainer({ database, entities: [{ mapping: trees, size: 5 }] });
// @ts-expect-error a mapping is no class of repository
createUnoContainer({ database, repositories: [gardens] });
// @ts-expect-error a class that is no repository
createUnoContainer({ database, repositories: [Date] });
// @ts-expect-error there is no such strategy
createUnoContainer({ database, settings: { strategy: 'fast' } });
// @ts-expect-error there is no such setting of batch operations
createUnoContainer({ database, batch: { size: 5 } });
// @ts-expect-error there is no such setting of the cache
createUnoContainer({ database, cache: { max: 5 } });
// @ts-expect-error a cache is switched off by false, not on by true
createUnoContainer({ database, cache: true });
