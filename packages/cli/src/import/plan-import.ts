import { describePlan } from '@uno/batch';
import { withDatabase } from '../database/with-database.js';
import type { CommandContext } from '../frame/command.js';
import { ExitCode } from '../frame/exit-code.js';
import { count } from '../output/quantities.js';
import { connectionsOf, importCall } from './import-call.js';
import type { ImportRequest } from './import-options.js';
import { openFile } from './open-file.js';
import { PeekedFile } from './peeked-file.js';

/** So many records are planned: they are kept in memory for it. */
const mostPlanned = 100_000;

/**
 * Says what an import would do with the first 100,000 records of a file. Of the database only the catalogue is read.
 *
 * @throws as the import would for what is found before anything is sent
 */
export async function planImport(request: ImportRequest, context: CommandContext): Promise<number> {
  const { stdout, stderr, options: global } = context;
  const file = await PeekedFile.open(openFile(request, context), 0, mostPlanned);
  try {
    const plan = await withDatabase(context, connectionsOf(request), async (db) => {
      const { operations, options } = await importCall(db, request, file, context);
      return operations.plan.batchImport(file, options);
    });
    if (plan.records === mostPlanned) stderr.write(`Of the first ${count(mostPlanned)} records:\n`);
    stdout.write(global.json ? `${JSON.stringify(plan)}\n` : `${describePlan(plan)}\n`);
    return ExitCode.done;
  } finally {
    await file.close();
  }
}
