/** One way of doing something. */
export interface Variant {
  readonly name: string;
  /** What has to be so before each run, outside of what is measured. */
  prepare(): Promise<void>;
  run(): Promise<void>;
  /** What has to be so after each run, outside of what is measured: throws where it is not. */
  check?(): Promise<void>;
}

/** What one run took. */
export interface Sample {
  readonly elapsedMs: number;
  /** Time of this process on a CPU, which says more than elapsed time on a busy machine. */
  readonly cpuMs: number;
}

/**
 * Runs every variant once a round, in an order that turns from round to round; the first rounds do not count.
 *
 * @param onSample - told of every run that counts
 */
export async function interleaved(
  variants: readonly Variant[],
  rounds: number,
  warmUps: number,
  onSample: (name: string, sample: Sample) => void = () => undefined,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds + warmUps; round++) {
    for (let i = 0; i < variants.length; i++) {
      const variant = variants[(i + round) % variants.length];
      if (variant === undefined) continue;
      await variant.prepare();
      const sample = await measure(() => variant.run());
      await variant.check?.();
      if (round < warmUps) continue;
      samples.get(variant.name)?.push(sample);
      onSample(variant.name, sample);
    }
  }
  return samples;
}

async function measure(run: () => Promise<void>): Promise<Sample> {
  // What was made before is not charged to this run.
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const began = performance.now();
  await run();
  const elapsedMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { elapsedMs, cpuMs: (user + system) / 1000 };
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The ratio of two variants in each round, since what disturbs a round disturbs both. */
export function ratios(samples: readonly Sample[], base: readonly Sample[], of: keyof Sample): number[] {
  return samples.map((sample, round) => sample[of] / (base[round]?.[of] ?? Number.NaN));
}
