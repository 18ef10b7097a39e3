import { interleaved, type Sample } from '../rounds.js';
import { type Contestant, labelOf } from './contestant.js';
import { MeasuredRun } from './measured-run.js';
import type { OperationName } from './operation.js';
import type { Way } from './way.js';

/** What one run took. Times of a CPU that nobody knows are NaN. */
export interface RunSample extends Sample {
  /** Of the server's processes for the connections, without what it does in the background. */
  readonly serverCpuMs: number;
}

/** What a contestant took. */
export interface Measurement {
  readonly operation: OperationName;
  readonly way: Way;
  /** The name of the way, and by what means where it has several. */
  readonly label: string;
  readonly how: string | undefined;
  /** The records that the samples are for. */
  readonly rows: number;
  /** Those that were measured, if fewer: the samples are extrapolated. */
  readonly measuredRows: number;
  readonly samples: readonly RunSample[];
  /** Sent by one run, if they were counted. */
  readonly statements: number | undefined;
  /** What was found to be wrong after a run; empty if everything was as it has to be. */
  readonly faults: readonly string[];
}

/** How often, and whom to tell. */
export interface Rounds {
  readonly rounds: number;
  readonly warmUps: number;
  onSample?(): void;
}

/**
 * Measures contestants at one operation, in interleaved rounds, each run from the same starting state and verified.
 *
 * @param rows - how many records the samples are to be for
 */
export async function compare(
  contestants: readonly Contestant[],
  rows: number,
  { rounds, warmUps, onSample }: Rounds,
): Promise<Measurement[]> {
  const measuredRuns = contestants.map((contestant) => new MeasuredRun(labelOf(contestant), contestant));
  const samples = await interleaved(measuredRuns, rounds, warmUps, onSample);
  return measuredRuns.map(({ name, contestant, faults, cpuTimes }) => {
    const { way, run, stage } = contestant;
    const measuredRows = stage.data.rows;
    const times = rows / measuredRows;
    // Those of the rounds that do not count came first.
    const counted = cpuTimes.slice(-rounds);
    return {
      operation: run.operation,
      way,
      label: name,
      how: run.how,
      rows,
      measuredRows,
      samples: (samples.get(name) ?? []).map(({ elapsedMs, cpuMs }, round) => ({
        elapsedMs: elapsedMs * times,
        cpuMs: (counted[round]?.clientMs ?? cpuMs) * times,
        serverCpuMs: (counted[round]?.serverMs ?? Number.NaN) * times,
      })),
      statements: undefined,
      faults,
    };
  });
}
