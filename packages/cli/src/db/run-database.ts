import { resolve } from 'node:path';
import { ServerError, UsageError } from '../frame/cli-errors.js';
import type { CommandContext } from '../frame/command.js';
import { ExitCode } from '../frame/exit-code.js';

/** What `uno db` is asked for. */
export interface DatabaseRequest {
  readonly port?: number | undefined;
  readonly data?: string | undefined;
}

/**
 * Runs a PostgreSQL until it is interrupted, which is how it ends well. Its URL is the one line on stdout.
 *
 * @throws ServerError when it does not start
 */
export async function runDatabase({ port, data }: DatabaseRequest, context: CommandContext): Promise<number> {
  const { stdout, stderr, options, signal } = context;
  if (data === '') throw new UsageError('--data is empty.');
  // Not before it is asked for: it brings a server along, and what drives it.
  const { startEmbedded, TestServerError } = await import('@uno/testing');
  const directory = data === undefined ? undefined : resolve(data);
  const starting = startEmbedded({ port, directory }).catch((error: unknown) => {
    throw error instanceof TestServerError ? new ServerError(error.message, { cause: error }) : error;
  });
  await using server = await starting;
  const { connectionString: url, version } = server;
  if (options.json) stdout.write(`${JSON.stringify({ url, version, data: directory ?? null })}\n`);
  else {
    stderr.write(
      `PostgreSQL ${version} runs, ${directory === undefined ? 'and keeps nothing' : `and keeps its data in ${directory}`}. Ctrl-C ends it.\n`,
    );
    stdout.write(`${url}\n`);
    stderr.write(`In another terminal: export DATABASE_URL=${url}\n`);
  }
  await untilAborted(signal);
  if (!options.json) stderr.write('Ending it.\n');
  return ExitCode.done;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // Neither the server nor a promise keeps Node running.
    const alive = setInterval(() => {}, 1 << 30);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
