import { median } from '../rounds.js';
import type { Measurement } from './compare.js';
import type { OperationName } from './operation.js';
import { ratioSpread, type Spread } from './spread.js';

/** What uno's elapsed time may be, as a multiple of another's in the same round. */
export interface Target {
  readonly operation: OperationName;
  /** Whose: the label of a measurement, or the best way of uno on one connection. */
  readonly base: 'expert' | 'psql csv' | 'best of uno';
  readonly atMost: number;
}

/** What has to hold at 100,000 records. */
const targets: readonly Target[] = [
  { operation: 'insert', base: 'expert', atMost: 0.55 },
  { operation: 'insert', base: 'psql csv', atMost: 1.1 },
  { operation: 'insert-ids', base: 'expert', atMost: 1 },
  { operation: 'get', base: 'expert', atMost: 1 },
  { operation: 'update', base: 'expert', atMost: 0.9 },
  { operation: 'upsert', base: 'expert', atMost: 0.65 },
  { operation: 'delete', base: 'expert', atMost: 1 },
  // At least 1.25 times faster.
  { operation: 'insert', base: 'best of uno', atMost: 1 / 1.25 },
  { operation: 'update', base: 'best of uno', atMost: 1 / 1.25 },
];

/** How a way of uno stands to a target. */
export interface Verdict {
  readonly target: Target;
  readonly label: string;
  readonly ratio: Spread;
  readonly holds: boolean;
}

const isParallel = ({ way }: Measurement): boolean => way.variant.startsWith('parallel');
const isUno = ({ way }: Measurement): boolean => way.library === 'uno';

/**
 * Every way of uno by every target that is meant for it: those on two connections by the best on one, those on one
 * connection by the others' ways. A target whose base was not measured is left out.
 *
 * @param measurements - of one operation
 */
export function verdicts(measurements: readonly Measurement[]): Verdict[] {
  return targets.flatMap((target) => {
    const base = baseOf(target, measurements);
    if (base === undefined) return [];
    const meant = measurements.filter(
      (one) => one.operation === target.operation && isUno(one) && isParallel(one) === (target.base === 'best of uno'),
    );
    return meant.map((one) => {
      const ratio = ratioSpread(one.samples, base.samples);
      return { target, label: one.label, ratio, holds: ratio.median <= target.atMost };
    });
  });
}

function baseOf({ operation, base }: Target, measurements: readonly Measurement[]): Measurement | undefined {
  const candidates = measurements.filter((one) => one.operation === operation);
  if (base !== 'best of uno') return candidates.find(({ label }) => label === base);
  return fastest(candidates.filter((one) => isUno(one) && !isParallel(one)));
}

function fastest(measurements: readonly Measurement[]): Measurement | undefined {
  const time = ({ samples }: Measurement): number => median(samples.map(({ elapsedMs }) => elapsedMs));
  return measurements.toSorted((a, b) => time(a) - time(b))[0];
}
