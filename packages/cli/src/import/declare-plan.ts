import type { CommandDeclaration } from '../frame/command.js';
import { declareOptions, type ParsedOptions, requestOf } from './import-options.js';
import { planImport } from './plan-import.js';

export const declarePlan: CommandDeclaration = (program, perform) => {
  const command = program
    .command('plan')
    .summary('say what an import would do')
    .description(
      'Says what uno import with the same options would do, without doing it: statements, chunks, transactions, and what happens when something fails.',
    );
  declareOptions(command).action((file: string, options: ParsedOptions) =>
    perform((context) => planImport(requestOf(file, options), context)),
  );
};
