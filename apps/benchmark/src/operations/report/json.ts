import { median } from '../../rounds.js';
import type { Measurement } from '../compare.js';
import type { Scaling } from '../scale.js';
import { isUnstable, ratioSpread, spreadOf } from '../spread.js';
import type { Surroundings } from '../surroundings.js';
import { verdicts } from '../targets.js';

/** Everything that was measured. */
export interface Report extends Surroundings {
  readonly method: string;
  readonly date: string;
  /** One array an operation. */
  readonly comparisons: readonly (readonly Measurement[])[];
  readonly scalings: readonly Scaling[];
}

/** The report as JSON. What was not measured is `null`, and so far that is always so of the peak memory. */
export function reportJson({ machine, versions, method, date, comparisons, scalings }: Report): string {
  const results = comparisons.flatMap((measurements) => {
    const expert = measurements.find(({ label }) => label === 'expert')?.samples ?? [];
    return measurements.map((measurement) => resultOf(measurement, expert));
  });
  const targets = comparisons.flatMap((measurements) =>
    verdicts(measurements).map(({ target, label, ratio, holds }) => ({ ...target, way: label, ratio, holds })),
  );
  return `${JSON.stringify({ machine, versions, method, date, results, targets, scaling: scalings }, undefined, 2)}\n`;
}

function resultOf(measurement: Measurement, expert: Measurement['samples']) {
  const { operation, way, how, label, rows, measuredRows, samples, statements, faults } = measurement;
  const samplesMs = samples.map(({ elapsedMs }) => elapsedMs);
  return {
    library: way.library,
    variant: how === undefined ? way.variant : `${way.variant}, ${how}`,
    way: label,
    operation,
    rows,
    extrapolatedFromRows: measuredRows === rows ? null : measuredRows,
    samplesMs,
    medianMs: median(samplesMs),
    unstable: isUnstable(spreadOf(samplesMs)),
    // NaN, where something is not known, becomes null.
    ratioToExpert: ratioSpread(samples, expert).median,
    ratioToExpertSpread: ratioSpread(samples, expert),
    clientCpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
    serverCpuMs: median(samples.map(({ serverCpuMs }) => serverCpuMs)),
    peakRssBytes: null,
    statements: statements ?? null,
    verified: faults.length === 0,
    faults,
  };
}
