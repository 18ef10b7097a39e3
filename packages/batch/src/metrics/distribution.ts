import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** How the values of a measurement are spread; all 0 when there is none. */
export interface Distribution {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  /** Half of the values are not above this. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Collects the values of a measurement in constant memory. Least, greatest and mean are exact; a quantile is, up to
 * 32,767 steps, and to four digits beyond.
 */
export class DistributionMeter {
  readonly #stepsPerUnit: number;
  readonly #histogram: RecordableHistogram = createHistogram({ figures: 4 });
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** @param stepsPerUnit - how finely quantiles tell values apart: 1 for whole numbers, 1000 for three decimals */
  constructor(stepsPerUnit: number) {
    this.#stepsPerUnit = stepsPerUnit;
  }

  /** @param value - from 0 */
  record(value: number): void {
    this.#count += 1;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    // A histogram of Node begins at 1.
    this.#histogram.record(Math.max(1, Math.round(value * this.#stepsPerUnit)));
  }

  /** Takes over the values of another meter with the same steps. */
  add(other: DistributionMeter): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#histogram.add(other.#histogram);
  }

  read(): Distribution {
    if (this.#count === 0) return empty;
    return Object.freeze({
      min: this.#min,
      mean: this.#sum / this.#count,
      max: this.#max,
      p50: this.#quantile(50),
      p95: this.#quantile(95),
      p99: this.#quantile(99),
    });
  }

  #quantile(percent: number): number {
    // The histogram gives the upper end of a step, which no value may have reached.
    return Math.min(this.#max, Math.max(this.#min, this.#histogram.percentile(percent) / this.#stepsPerUnit));
  }
}

const empty: Distribution = Object.freeze({ min: 0, mean: 0, max: 0, p50: 0, p95: 0, p99: 0 });
