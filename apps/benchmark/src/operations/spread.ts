import { median, ratios, type Sample } from '../rounds.js';

/** Some values: the middle one and the outermost ones. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How far values may lie apart, relative to the middle one, before they are called unstable. */
const UNSTABLE = 0.3;

/** @returns NaN for everything of no values */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The elapsed time as a multiple of another's, in each round. */
export function ratioSpread(samples: readonly Sample[], base: readonly Sample[]): Spread {
  return spreadOf(ratios(samples, base, 'elapsedMs'));
}

/** Whether values lie too far apart to say much. */
export function isUnstable({ median: middle, min, max }: Spread): boolean {
  return max - min > middle * UNSTABLE;
}
