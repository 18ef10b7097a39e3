import { PostgresAdapter } from 'kysely';

/** Kysely's adapter for PostgreSQL; its class tells that the connections are uno's. */
export class UnoPostgresAdapter extends PostgresAdapter {}
