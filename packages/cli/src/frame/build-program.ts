import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { declareDb } from '../db/declare-db.js';
import { declareExport } from '../export/declare-export.js';
import { declareImport } from '../import/declare-import.js';
import { declarePlan } from '../import/declare-plan.js';
import { declareInspect } from '../inspect/declare-inspect.js';
import type { CommandAction, CommandDeclaration } from './command.js';
import type { Surroundings } from './surroundings.js';

/** All commands, in the order of the help. */
const declarations: readonly CommandDeclaration[] = [
  declareImport,
  declarePlan,
  declareExport,
  declareInspect,
  declareDb,
];

const epilogue = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some records were rejected, 130 interrupted (Ctrl-C).
The database is that of --database, of DATABASE_URL, or of PGHOST, PGDATABASE and so on, the first of them that is set.
Results are on stdout, everything else is on stderr.
`;

/** @returns the version of this package */
function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}

/**
 * The program as the command line knows it. What it says on its own account, such as its help, goes to the streams; what
 * is wrong with the arguments is thrown as a `CommanderError`.
 *
 * @param perform - called for the command that was asked for
 */
export function buildProgram({ stdout }: Surroundings, perform: (action: CommandAction) => Promise<void>): Command {
  const program = new Command('uno')
    .description('Looks at the tables of a PostgreSQL database, and moves their rows.')
    .version(version(), '-V, --version', 'print the version')
    .addOption(new Option('-d, --database <url>', 'postgres://user:password@host:port/database'))
    .option('--json', 'print results and errors as one JSON object on stdout')
    .option('--debug', 'print the stack of an error, and what PostgreSQL said')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', epilogue)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // Errors are thrown, and told by whoever catches them.
      writeErr: () => {},
      getOutHelpWidth: () => stdout.columns ?? 100,
      getOutHasColors: () => false,
    })
    .exitOverride();
  for (const declare of declarations) declare(program, perform);
  return program;
}
