import { atomically, executeText, identifier, type Queryable } from '@uno/postgres';

/** Names of the tables in which the progress of imports is kept. */
export interface CheckpointTables {
  readonly imports: string;
  readonly chunks: string;
}

/** The tables of a schema, quoted. */
export function checkpointTables(schema: string | undefined): CheckpointTables {
  const prefix = schema === undefined ? '' : `${identifier(schema)}.`;
  return { imports: `${prefix}uno_import`, chunks: `${prefix}uno_import_chunk` };
}

/** Whether the tables are there, as far as the search path sees them. */
async function hasCheckpointTables(
  db: Queryable,
  { imports, chunks }: CheckpointTables,
  signal?: AbortSignal,
): Promise<boolean> {
  const sql = 'select to_regclass($1) is not null and to_regclass($2) is not null';
  const { rows } = await executeText(db, { sql }, [imports, chunks], { signal });
  return rows[0]?.[0] === 't';
}

/**
 * Makes the tables where they are not there. They are looked for first, as that takes no right to make any.
 *
 * @throws UnoError for whatever PostgreSQL refuses, such as a role that may make no tables
 */
export async function createCheckpointTables(
  db: Queryable,
  tables: CheckpointTables,
  signal?: AbortSignal,
): Promise<void> {
  if (await hasCheckpointTables(db, tables, signal)) return;
  try {
    await atomically(
      db,
      async (transaction) => {
        for (const sql of statements(tables)) await executeText(transaction, { sql }, [], { signal });
      },
      { signal, writes: true },
    );
  } catch (error) {
    // Somebody else may have made them meanwhile: PostgreSQL does not look twice.
    if (db.isTransaction || !(await hasCheckpointTables(db, tables, signal))) throw error;
  }
}

function statements({ imports, chunks }: CheckpointTables): readonly string[] {
  return [
    `create table ${imports} (
  name text primary key,
  call text not null,
  source text,
  run uuid not null,
  began_at timestamptz not null default now(),
  finished_at timestamptz
)`,
    `create table ${chunks} (
  name text not null references ${imports} on delete cascade,
  first bigint not null,
  last bigint not null,
  inserted bigint not null,
  updated bigint not null,
  unchanged bigint not null,
  skipped bigint not null,
  failed bigint not null,
  digest bytea not null,
  rejects_from bigint not null,
  rejects_to bigint not null,
  run uuid not null,
  elapsed_ms double precision not null,
  primary key (name, first)
)`,
  ];
}
