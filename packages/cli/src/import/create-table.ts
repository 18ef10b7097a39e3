import { type FileReader, isNote } from '@uno/formats';
import type { Kysely } from 'kysely';
import { executeText, identifier, type Queryable, ValidationError } from '@uno/postgres';
import { UsageError } from '../frame/cli-errors.js';
import type { CommandContext } from '../frame/command.js';
import type { ImportRequest } from './import-options.js';
import { type InferredColumn, inferColumns } from './infer-columns.js';
import { pairsOf } from './match-columns.js';
import { PeekedFile } from './peeked-file.js';

/** So many records decide on the types. */
const looked = 1_000;

const mostNameBytes = 63;

/** Thrown to have everything undone that has succeeded. */
class Undone extends Error {
  override readonly name = 'Undone';
  readonly code: number;

  constructor(code: number) {
    super('It was a dry run.');
    this.code = code;
  }
}

/**
 * Creates a table whose columns are those of a file, of types that its first records fit, shows the statement before, and
 * imports then. Both are one transaction, unless chunks are to be committed.
 *
 * @throws UsageError for a table that is there, and for a file without columns
 */
export async function creatingTable(
  db: Kysely<unknown>,
  request: ImportRequest,
  file: FileReader,
  context: CommandContext,
  run: (db: Queryable, file: FileReader) => Promise<number>,
): Promise<number> {
  const { stderr, signal } = context;
  const table = await newTable(db, request, signal);
  if (table === undefined) {
    stderr.write(`The table ${request.table} is there already, and the import goes on.\n`);
    return run(db, file);
  }
  const peeked = await PeekedFile.open(file, looked);
  const header = await file.open();
  const statement = createStatement(table, inferColumns(header?.columns, peeked.first.slice(0, looked)), request);
  stderr.write(`${statement};\n`);
  const both = async (where: Queryable) => {
    await executeText(where, { sql: statement }, [], { signal });
    return run(where, peeked);
  };
  if (request.resume === undefined && request.parallel === undefined) {
    try {
      return await db.transaction().execute(async (transaction) => {
        const code = await both(transaction);
        if (request.dryRun) throw new Undone(code);
        return code;
      });
    } catch (error) {
      if (error instanceof Undone) return error.code;
      throw error;
    }
  }
  try {
    return await both(db);
  } catch (error) {
    stderr.write(`The table ${request.table} was created, and stays.\n`);
    throw error;
  }
}

/** The name as SQL, by PostgreSQL's own reading of it; `undefined` for the one that an earlier run has created. */
async function newTable(
  db: Queryable,
  { table, resume }: ImportRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const sql = 'select array_to_json(parse_ident($1)), to_regclass($1) is not null';
  const { rows } = await executeText(db, { sql }, [table], { signal }).catch((error: unknown) => {
    if (!(error instanceof ValidationError)) throw error;
    throw new UsageError(`--table ${table} is no name as SQL has them.`, { cause: error });
  });
  const [path = null, isThere] = rows[0] ?? [];
  if (isThere === 't') {
    if (resume !== undefined) return undefined;
    throw new UsageError(`The table ${table} is there already: leave --create-table out.`);
  }
  const parts: unknown = JSON.parse(path ?? '[]');
  return Array.isArray(parts) ? parts.map((part) => identifier(String(part))).join('.') : identifier(table);
}

function createStatement(table: string, columns: readonly InferredColumn[], { map, unique }: ImportRequest): string {
  if (columns.length === 0) throw new UsageError('The file has no record to make columns of.');
  const names = new Map(pairsOf(map));
  const lines = columns.flatMap(({ name, type }) => {
    const column = names.get(name) ?? name;
    if (Buffer.byteLength(column) > mostNameBytes) {
      throw new UsageError(`The name of the column "${name}" is too long: PostgreSQL takes ${mostNameBytes} bytes.`);
    }
    return column === '' || isNote(column) ? [] : [`  ${identifier(column)} ${type}`];
  });
  if (unique !== undefined) lines.push(`  primary key (${unique.map(identifier).join(', ')})`);
  return `create table ${table} (\n${lines.join(',\n')}\n)`;
}
