import type { ComparedSizes, Comparison, SizeResult } from './compare-sizes.js';

/** A comparison, for people to read. */
export function comparisonText({ workload, latencyMs, strategy }: Comparison, result: ComparedSizes): string {
  const { rows, roundTripMs, tuned, fixed, leftOut, best, ratio, ratios, ratioOfFastest } = result;
  const lines = [
    `${workload.name}, ${latencyMs} ms of latency (a round trip takes ${roundTripMs.toFixed(1)} ms), ${strategy}, ${rows} records`,
    ...fixed.map((one) => `  ${one.name.padStart(6)}: ${timesText(one)}`),
    ...(leftOut.length === 0 ? [] : [`  left out, as their round trips alone take seconds: ${leftOut.join(', ')}`]),
    `   tuned: ${timesText(tuned)}, chunks of ${tuned.sizes.join(' to ')} (least, median, most)`,
    `  tuned / best fixed (${best.name}): ${ratio.toFixed(2)}, of the fastest runs ${ratioOfFastest.toFixed(2)}; by round ${ratios.map((one) => one.toFixed(2)).join(' ')}`,
  ];
  return `${lines.join('\n')}\n\n`;
}

function timesText({ medianMs, samplesMs }: SizeResult): string {
  const few =
    samplesMs.length === 1 ? ', once' : ` (${whole(Math.min(...samplesMs))} to ${whole(Math.max(...samplesMs))})`;
  return `${whole(medianMs)} ms${few}`;
}

function whole(ms: number): string {
  return String(Math.round(ms));
}

/** How many came within a tenth of the best. */
export function summaryText(ratios: readonly number[]): string {
  const near = ratios.filter((ratio) => ratio <= 1.1).length;
  return `${near} of ${ratios.length} within 10 % of the best fixed size; the worst is ${Math.max(...ratios).toFixed(2)}.\n`;
}
