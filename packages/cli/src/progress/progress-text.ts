import { count, duration } from '../output/quantities.js';

/** How far something is. */
export interface ProgressState {
  /** Such as `importing`. */
  readonly label: string;
  readonly done: number;
  /** How many there are, where that is known. */
  readonly total: number | undefined;
  /** What part of it is done, from 0 to 1, where that is known. */
  readonly fraction: number | undefined;
  readonly perSecond: number | undefined;
  readonly failed: number;
  /** How a number of what is counted is written, such as `24.1 MB`; as `171,075 rows` if not said. */
  readonly written: ((value: number) => string) | undefined;
}

/** `importing  45 %  77,000/171,075 rows  208,000/s  0:01 left  3 failed`. */
export function progressText({ label, done, total, fraction, perSecond, failed, written }: ProgressState): string {
  const show = written ?? ((value: number) => `${count(value)} rows`);
  const parts = [label];
  if (fraction !== undefined) parts.push(`${String(Math.floor(fraction * 100)).padStart(2)} %`);
  parts.push(total === undefined || written !== undefined ? show(done) : `${count(done)}/${show(total)}`);
  if (perSecond !== undefined) parts.push(`${written === undefined ? count(perSecond) : written(perSecond)}/s`);
  const left = timeLeft(done, fraction, perSecond);
  if (left !== undefined) parts.push(`${duration(left)} left`);
  if (failed > 0) parts.push(`${count(failed)} failed`);
  return parts.join('  ');
}

/** In ms: as long as it goes on as fast as now. */
function timeLeft(done: number, fraction: number | undefined, perSecond: number | undefined): number | undefined {
  if (!fraction || !perSecond || fraction >= 1) return undefined;
  return ((done / fraction - done) / perSecond) * 1_000;
}
