import { expectTypeOf } from 'expect-type';
import type { Kysely, Transaction } from 'kysely';
import type pg from 'pg';
import type Cursor from 'pg-cursor';
import type { PgCursor, PgPoolClient } from '../../src/dialect/pool-port.js';
import { type PgPool, type Queryable, UnoPostgresDialect } from '../../src/index.js';

interface Schema {
  city: { id: number; name: string };
}

// What pg gives fits the slice of it that uno declares.
expectTypeOf<pg.Pool>().toExtend<PgPool>();
expectTypeOf<pg.PoolClient>().toExtend<PgPoolClient>();
expectTypeOf<Cursor>().toExtend<PgCursor>();
expectTypeOf(UnoPostgresDialect).toBeConstructibleWith({ pool: {} as pg.Pool });

// Every Kysely database and transaction is a Queryable, whatever its schema.
expectTypeOf<Kysely<Schema>>().toExtend<Queryable>();
expectTypeOf<Transaction<Schema>>().toExtend<Queryable>();
expectTypeOf<Kysely<unknown>>().toExtend<Queryable>();

// And what is not a pool, or not a database, is refused.
expectTypeOf<pg.Client>().not.toExtend<PgPool>();
expectTypeOf<pg.Pool>().not.toExtend<Queryable>();
