import { InvalidArgumentError } from 'commander';
import type { CommandDeclaration } from '../frame/command.js';
import { runDatabase } from './run-database.js';

export const declareDb: CommandDeclaration = (program, perform) => {
  program
    .command('db')
    .summary('run a PostgreSQL to play with')
    .description(
      'Runs a PostgreSQL of its own until Ctrl-C, and prints its URL. For development only: what it keeps nobody backs up, and it listens to this machine alone.',
    )
    .option('--port <number>', 'where to listen; any that is free if not said', portOf)
    .option('--data <directory>', 'where to keep what is stored; thrown away in the end if not said')
    .action((request: { port?: number; data?: string }) => perform((context) => runDatabase(request, context)));
};

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It is a whole number from 1 to 65535.');
}
