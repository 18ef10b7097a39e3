import { BatchError } from '@uno/domain';
import { CanceledError, ConfigError } from '@uno/postgres';
import { CommanderError } from 'commander';
import { buildProgram } from './build-program.js';
import { NoDatabaseError, UsageError } from './cli-errors.js';
import type { GlobalOptions } from './command.js';
import { ExitCode } from './exit-code.js';
import { Interruption, isBrokenPipe } from './interruption.js';
import { type ErrorStyle, reportError } from './report-error.js';
import type { Surroundings } from './surroundings.js';

/**
 * Runs the command line, and gives its exit code. Whatever goes wrong is told on the streams, nothing is thrown.
 *
 * @param argv - the arguments, without the names of Node and of the program
 * @example
 * ```ts
 * const exitCode = await run(['inspect', 'city', '--json'], surroundings);
 * ```
 */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode: number = ExitCode.done;
  const program = buildProgram(surroundings, async (action) => {
    exitCode = await action({
      ...surroundings,
      options: { json: false, debug: false, ...program.opts<Partial<GlobalOptions>>() },
    });
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Nothing has been parsed when the arguments are wrong.
    const style = { json: argv.includes('--json'), debug: argv.includes('--debug') };
    return failed(error, style, surroundings);
  }
}

function failed(error: unknown, style: ErrorStyle, surroundings: Surroundings): number {
  if (error instanceof CommanderError) {
    // Help and version are told by an error, too.
    if (error.exitCode === 0) return ExitCode.done;
    const help = error.code === 'commander.help' ? 'Name a command; uno --help lists them.' : sentence(error.message);
    reportError(new UsageError(help), style, surroundings);
    return ExitCode.usage;
  }
  if (isBrokenPipe(error)) return ExitCode.done;
  const reason: unknown = surroundings.signal.reason;
  if (reason instanceof Interruption) return interrupted(error, reason, style, surroundings);
  reportError(error, style, surroundings);
  return isUsage(error) ? ExitCode.usage : ExitCode.failed;
}

/** Whether it is what was asked for that is wrong. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || error instanceof NoDatabaseError || error instanceof ConfigError;
}

/** An interruption shows as itself; what broke because of it, or in cleaning up after it, is said as well. */
function interrupted(error: unknown, reason: Interruption, style: ErrorStyle, surroundings: Surroundings): number {
  if (reason.isSilent) return reason.exitCode;
  const cause = error instanceof BatchError ? error.cause : error;
  const isItself = cause === reason || cause instanceof CanceledError;
  if (!isItself) reportError(error, style, surroundings);
  else if (style.json) {
    surroundings.stdout.write(`${JSON.stringify({ error: { code: 'UNO_INTERRUPTED', message: reason.message } })}\n`);
  } else surroundings.stderr.write(`uno: ${reason.message} [UNO_INTERRUPTED]\n`);
  return reason.exitCode;
}

/** Commander's messages as ours are. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/, '. Did you mean $1?');
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(capital) ? capital : `${capital}.`;
}
