import { createTables } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import type { PostgresServer } from '@uno/testing';
import { Kysely } from 'kysely';
import { openPool } from '../open-pool.js';
import { interleaved, median, type Sample } from '../rounds.js';
import type { TunedStrategy } from './arguments.js';
import { SizedRun } from './sized-run.js';
import { slowNetwork } from './slow-network.js';
import type { Workload } from './workloads.js';

/** What is compared with what. */
export interface Comparison {
  readonly workload: Workload;
  readonly latencyMs: number;
  readonly strategy: TunedStrategy;
  readonly rounds: number;
  readonly scale: number;
  onSample?(): void;
}

/** What a size took. */
export interface SizeResult {
  readonly name: string;
  /** Milliseconds of each round; of one that was much too slow, of the first alone. */
  readonly samplesMs: readonly number[];
  readonly medianMs: number;
  /** Records in the chunks of the latest run: least, median, most. */
  readonly sizes: readonly number[];
}

/** What came of a comparison. */
export interface ComparedSizes {
  readonly rows: number;
  readonly roundTripMs: number;
  readonly tuned: SizeResult;
  readonly fixed: readonly SizeResult[];
  /** Sizes whose round trips alone would take very long. */
  readonly leftOut: readonly number[];
  readonly best: SizeResult;
  /** The tuned one's time over that of the best fixed size in each round, since what disturbs a round disturbs both. */
  readonly ratios: readonly number[];
  /** Their median. */
  readonly ratio: number;
  /** The same of the fastest run of each, which was disturbed least. */
  readonly ratioOfFastest: number;
}

/** Round trips of a run may not take longer, in ms. */
const longestWaitMs = 5000;

/** A size that took so many times as long as the best one is not measured again. */
const hopeless = 1.6;

/** Measures fixed sizes and the tuned one in interleaved rounds, each run into an empty table, and verified. */
export async function compareSizes(server: PostgresServer, comparison: Comparison): Promise<ComparedSizes> {
  const { workload, latencyMs, scale } = comparison;
  await using database = await server.createDatabase({ name: 'tuning' });
  await makeTable(database.connectionString, workload);
  await using network = await slowNetwork(database.connectionString, latencyMs);
  const rows = Math.max(2, Math.round(workload.rows * scale));
  const records = Array.from({ length: rows }, (_, id) => workload.record(id));
  const sizes = workload.sizes.filter((size) => (rows / size) * latencyMs <= longestWaitMs);
  const runOf = (name: string, config: object) =>
    new SizedRun(name, network.connectionString, {
      workload,
      records,
      config: { executionStrategy: comparison.strategy, ...config },
    });
  const tuned = runOf('tuned', { optimizeForSize: true });
  const fixed = sizes.map((batchSize) => runOf(String(batchSize), { batchSize }));
  try {
    const results = await measured([...fixed, tuned], tuned, comparison);
    const roundTripMs = await tuned.roundTrip();
    const of = ({ name, sizes: chunks }: SizedRun): SizeResult => {
      const samplesMs = (results.get(name) ?? []).map(({ elapsedMs }) => elapsedMs);
      return { name, samplesMs, medianMs: median(samplesMs), sizes: chunks };
    };
    return {
      rows,
      roundTripMs,
      leftOut: workload.sizes.filter((size) => !sizes.includes(size)),
      ...judged(of(tuned), fixed.map(of)),
    };
  } finally {
    for (const run of [...fixed, tuned]) await run.close();
  }
}

async function measured(
  runs: readonly SizedRun[],
  tuned: SizedRun,
  { rounds, onSample }: Comparison,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const first = await interleaved(runs, 1, 0, onSample);
  const took = (run: SizedRun) => first.get(run.name)?.[0]?.elapsedMs ?? Number.POSITIVE_INFINITY;
  const best = Math.min(...runs.map(took));
  const hopeful = runs.filter((run) => run === tuned || took(run) <= best * hopeless);
  // The first round has warmed up what is measured from now on.
  return new Map([...first, ...(await interleaved(hopeful, rounds, 0, onSample))]);
}

/** Of those that were measured in all rounds, the best. */
function judged(
  tuned: SizeResult,
  fixed: readonly SizeResult[],
): Pick<ComparedSizes, 'tuned' | 'fixed' | 'best' | 'ratio' | 'ratios' | 'ratioOfFastest'> {
  const best = fixed.reduce((one, other) => (other.medianMs < one.medianMs ? other : one));
  const ratios = tuned.samplesMs.map((ms, round) => ms / (best.samplesMs[round] ?? Number.NaN));
  const ratioOfFastest = Math.min(...tuned.samplesMs) / Math.min(...fixed.flatMap(({ samplesMs }) => samplesMs));
  return { tuned, fixed, best, ratios, ratio: median(ratios), ratioOfFastest };
}

async function makeTable(connectionString: string, { mapping }: Workload): Promise<void> {
  const db = new Kysely<unknown>({
    dialect: new UnoPostgresDialect({ pool: openPool({ connectionString, max: 1 }) }),
  });
  await createTables(db, [mapping]).finally(() => db.destroy());
}
