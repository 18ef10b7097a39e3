import { readTable } from '@uno/domain';
import { withDatabase } from '../database/with-database.js';
import type { CommandContext } from '../frame/command.js';
import { ExitCode } from '../frame/exit-code.js';
import { describeTable } from './describe-table.js';
import { mappingSource } from './mapping-source.js';

/** What `uno inspect` is asked for. */
export interface InspectRequest {
  readonly table: string;
  /** Whether only the source of the mapping is wanted. */
  readonly mapping: boolean;
}

/**
 * Shows what a table is made of. As JSON it is one object: `table`, as `readTable` gives it, and `mapping`, the source.
 *
 * @throws TableNotFoundError, TableAccessError
 */
export async function inspect({ table: name, mapping }: InspectRequest, context: CommandContext): Promise<number> {
  const { stdout, signal, options } = context;
  const table = await withDatabase(context, 1, (db) => readTable(db, name, { signal }));
  if (options.json) stdout.write(`${JSON.stringify({ table, mapping: mappingSource(table) })}\n`);
  else if (mapping) stdout.write(mappingSource(table));
  else stdout.write(describeTable(table));
  return ExitCode.done;
}
