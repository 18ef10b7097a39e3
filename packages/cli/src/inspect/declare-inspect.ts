import type { CommandDeclaration } from '../frame/command.js';
import { inspect } from './inspect.js';

export const declareInspect: CommandDeclaration = (program, perform) => {
  program
    .command('inspect')
    .summary('show what a table is made of')
    .description('Shows the columns, keys, indexes and size of a table, or writes its mapping for TypeScript.')
    .argument('<table>', 'as in SQL: city, geo.city, or \'"City"\' with the quotes')
    .option('--mapping', 'print the source of its mapEntity, ready to paste')
    .action((table: string, { mapping = false }: { mapping?: boolean }) =>
      perform((context) => inspect({ table, mapping }, context)),
    );
};
