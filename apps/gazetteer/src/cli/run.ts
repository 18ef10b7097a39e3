import { CanceledError, UnoError } from '@uno/postgres';
import { TestServerError } from '@uno/testing';
import { serve } from '../http/serve.js';
import { VerificationError } from '../measure/verify.js';
import { Interrupted, listenForInterruption } from '../runtime/interruption.js';
import { withGazetteer } from '../runtime/with-gazetteer.js';
import { prepareToServe, takeTour } from '../tour/take-tour.js';
import { type Command, parseArguments, UsageError, usage } from './arguments.js';

/** Runs the program and gives its exit code: 0 done, 1 failed, 2 asked for something that is not there. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    return await perform(parseArguments(argv));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function perform(command: Command): Promise<number> {
  const output = process.stdout;
  if (command.kind === 'help') {
    output.write(usage);
    return 0;
  }
  using signal = listenForInterruption(output);
  try {
    await withGazetteer(output, signal, async (container) => {
      if (command.kind === 'tour') return takeTour(container, output, signal);
      await prepareToServe(container, output, signal);
      return serve(container, { ...command, output, signal });
    });
    return 0;
  } catch (error) {
    if (signal.aborted) return interrupted(signal.reason, error);
    process.stderr.write(`${describe(error)}\n`);
    return 1;
  }
}

/** An interruption shows as itself; what broke because of it, or in cleaning up after it, is said as well. */
function interrupted(reason: unknown, error: unknown): number {
  const why = reason instanceof Error ? reason.message : 'Interrupted.';
  // What runs on the server at that moment is cancelled there, and says so with the same reason.
  const isItself = error === reason || (error instanceof CanceledError && error.cause === reason);
  process.stderr.write(isItself ? `${why} Everything is cleaned up.\n` : `${why} ${describe(error)}\n`);
  return reason instanceof Interrupted ? reason.exitCode : 1;
}

function describe(error: unknown): string {
  if (error instanceof VerificationError || error instanceof TestServerError) return error.message;
  if (UnoError.is(error)) return `${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  // What the system refuses, such as a port that is taken, is no fault of the program: its stack helps nobody.
  return 'syscall' in error ? error.message : (error.stack ?? error.message);
}
