import { parseArgs } from 'node:util';

/** What the program was asked to do. */
export type Command =
  | { readonly kind: 'tour' }
  | { readonly kind: 'serve'; readonly host: string; readonly port: number }
  | { readonly kind: 'help' };

/** A command line that means nothing; the message says what is wrong with it. */
export class UsageError extends Error {}

export const usage = `Usage:
  npm start                                          import 171,075 cities, and show what uno does with them
  npm start -- serve [--port 3000] [--host 127.0.0.1]  import them, and serve them over HTTP
  npm start -- --help

  --port   0 to 65535; 0 takes any that is free
  --host   where to listen; 0.0.0.0 is everywhere

DATABASE_URL names a PostgreSQL server to use; a database is created on it, and dropped in the end. Without it, a server
is started for the run and thrown away.
`;

const defaultPort = 3000;
const defaultHost = '127.0.0.1';

/** @throws UsageError */
export function parseArguments(argv: readonly string[]): Command {
  const { values, positionals } = read(argv);
  if (values.help) return { kind: 'help' };
  const [name, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`There is nothing to do with "${others.join(' ')}".`);
  if (name !== undefined && name !== 'serve') throw new UsageError(`There is no command "${name}".`);
  if (name === 'serve') {
    return { kind: 'serve', port: portOf(values.port), host: hostOf(values.host) };
  }
  if (values.port !== undefined || values.host !== undefined)
    throw new UsageError('--port and --host belong to serve.');
  return { kind: 'tour' };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { port: { type: 'string' }, host: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return defaultPort;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port is a whole number from 0 to 65535, not "${text}".`);
}

function hostOf(text: string | undefined): string {
  if (text === undefined) return defaultHost;
  if (text.trim() !== '') return text;
  throw new UsageError('--host is empty.');
}
