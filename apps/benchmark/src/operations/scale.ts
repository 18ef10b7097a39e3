import { interleaved, median, type Sample } from '../rounds.js';
import type { Rounds } from './compare.js';
import { type Contestant, labelOf } from './contestant.js';
import { MeasuredRun } from './measured-run.js';
import type { OperationName } from './operation.js';
import { type Spread, spreadOf } from './spread.js';

/** How much more a record may cost among many. */
export const scaleTarget = 1.1;

/** Runs with few records for one with many: a short run says little by itself. */
const SMALL_RUNS = 9;

/** What a record costs among many, as a multiple of what it costs among few. */
export interface Scaling {
  readonly operation: OperationName;
  readonly label: string;
  readonly smallMs: number;
  readonly bigMs: number;
  readonly ratio: Spread;
  readonly faults: readonly string[];
}

/** Measures one way at one operation with few and with many records, in interleaved rounds. */
export async function scaling(
  small: Contestant,
  big: Contestant,
  { rounds, warmUps, onSample }: Rounds,
): Promise<Scaling> {
  const smallNames = Array.from({ length: SMALL_RUNS }, (_, i) => `few ${i}`);
  const measuredRuns = [new MeasuredRun('many', big), ...smallNames.map((name) => new MeasuredRun(name, small))];
  const samples = await interleaved(measuredRuns, rounds, warmUps, onSample);
  const timeOf = (name: string, round: number): number => samples.get(name)?.[round]?.elapsedMs ?? Number.NaN;
  const bigTimes = (samples.get('many') ?? []).map((sample: Sample) => sample.elapsedMs);
  const smallTimes = bigTimes.map((_, round) => median(smallNames.map((name) => timeOf(name, round))));
  const records = big.stage.data.rows / small.stage.data.rows;
  return {
    operation: big.run.operation,
    label: labelOf(big),
    smallMs: median(smallTimes),
    bigMs: median(bigTimes),
    ratio: spreadOf(bigTimes.map((time, round) => time / records / (smallTimes[round] ?? Number.NaN))),
    faults: measuredRuns.flatMap(({ faults }) => faults),
  };
}
