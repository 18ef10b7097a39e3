import { listenForInterruption } from './frame/interruption.js';
import { run } from './frame/run.js';

/** Runs the command line of this process, and gives the exit code. */
export async function main(): Promise<number> {
  using signal = listenForInterruption(process);
  // Waited for here, as the listening ends when this function does.
  return await run(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal,
    now: () => performance.now(),
  });
}
