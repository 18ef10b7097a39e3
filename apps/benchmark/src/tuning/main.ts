import { startPostgres } from '@uno/testing';
import { UsageError } from '../operations/arguments.js';
import { parseTuningArguments, type TuningOptions, tuningUsage } from './arguments.js';
import { compareSizes } from './compare-sizes.js';
import { comparisonText, summaryText } from './report.js';
import { workloads } from './workloads.js';

async function measure(options: TuningOptions): Promise<void> {
  await using server = await startPostgres();
  const ratios: number[] = [];
  for (const workload of workloads.filter(({ name }) => options.only.includes(name))) {
    for (const latencyMs of options.latencies) {
      for (const strategy of options.strategies) {
        const comparison = { ...options, workload, latencyMs, strategy, onSample: () => process.stderr.write('.') };
        const result = await compareSizes(server, comparison);
        process.stderr.write('\n');
        process.stdout.write(comparisonText(comparison, result));
        ratios.push(result.ratio);
      }
    }
  }
  process.stdout.write(summaryText(ratios));
}

try {
  const options = parseTuningArguments(process.argv.slice(2));
  if (options === 'help') process.stdout.write(tuningUsage);
  else await measure(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${tuningUsage}`);
  process.exitCode = 2;
}
