import type { Spread } from '../spread.js';
import { isUnstable } from '../spread.js';

const integers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `171,075`. */
export function whole(value: number): string {
  return Number.isNaN(value) ? '–' : integers.format(value);
}

/** `0.87 (0.81–0.93)`, with a `~` in front where it is unstable. */
export function ratio(spread: Spread): string {
  const { median, min, max } = spread;
  if (Number.isNaN(median)) return '–';
  return `${isUnstable(spread) ? '~' : ''}${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}
