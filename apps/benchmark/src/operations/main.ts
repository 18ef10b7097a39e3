import { startPostgres } from '@uno/testing';
import { parseArguments, UsageError, usage } from './arguments.js';
import { runBenchmark } from './run-benchmark.js';

/** 0 measured, 1 something was not as it has to be, 2 asked for what is not there. */
async function exitCodeOf(argv: readonly string[]): Promise<number> {
  try {
    const options = parseArguments(argv);
    if (options === 'help') {
      process.stdout.write(usage);
      return 0;
    }
    await using server = await startPostgres();
    const verified = await runBenchmark(server, options, {
      out: (text) => process.stdout.write(text),
      progress: (text) => process.stderr.write(text),
    });
    return verified ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
}

process.exitCode = await exitCodeOf(process.argv.slice(2));
