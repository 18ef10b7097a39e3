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

/** Steps up to here are told apart; beyond, as many parts of each doubling. */
const finest = 8192;

/**
 * Collects the values of a measurement in constant memory, and in little where they are alike. Least, greatest and mean
 * are exact; a quantile is, below 8,192 steps, and to a part in 4,096 beyond: the buckets of Gil Tene's HdrHistogram, of
 * which only those that are used are kept. (Node's own keeps all of them, several megabytes outside of the heap.)
 */
export class DistributionMeter {
  readonly #stepsPerUnit: number;
  /** How many values are in a bucket, by the greatest number of steps in it. */
  readonly #buckets = new Map<number, number>();
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
    const bucket = bucketOf(Math.round(value * this.#stepsPerUnit));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }

  read(): Distribution {
    if (this.#count === 0) return empty;
    const ascending = [...this.#buckets].sort(([a], [b]) => a - b);
    return Object.freeze({
      min: this.#min,
      mean: this.#sum / this.#count,
      max: this.#max,
      p50: this.#quantile(ascending, 0.5),
      p95: this.#quantile(ascending, 0.95),
      p99: this.#quantile(ascending, 0.99),
    });
  }

  #quantile(ascending: readonly (readonly [number, number])[], share: number): number {
    let left = Math.ceil(share * this.#count);
    const bucket = ascending.find(([, count]) => {
      left -= count;
      return left <= 0;
    });
    // No value may have reached the end of its bucket.
    return Math.min(this.#max, Math.max(this.#min, (bucket?.[0] ?? 0) / this.#stepsPerUnit));
  }
}

function bucketOf(steps: number): number {
  if (steps < finest) return steps;
  const width = 2 ** (Math.floor(Math.log2(steps)) - Math.log2(finest) + 1);
  return (Math.floor(steps / width) + 1) * width - 1;
}

const empty: Distribution = Object.freeze({ min: 0, mean: 0, max: 0, p50: 0, p95: 0, p99: 0 });
