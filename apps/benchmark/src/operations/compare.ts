import { interleaved, type Sample, type Variant } from '../rounds.js';
import { type OperationName, operations, type Results } from './operation.js';
import type { Stage } from './stage.js';
import { VerificationError, verify } from './verify.js';
import type { AnyRun, Run, Way } from './way.js';

/** One of those that are compared at an operation. */
export interface Contestant {
  readonly way: Way;
  readonly run: AnyRun;
  readonly stage: Stage;
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
  readonly samples: readonly Sample[];
  /** What was found to be wrong after a run; empty if everything was as it has to be. */
  readonly faults: readonly string[];
}

/** How often, and whom to tell. */
export interface Rounds {
  readonly rounds: number;
  readonly warmUps: number;
  onSample?(label: string, sample: Sample): void;
}

/** `uno-5000 models`: by what a contestant is called. */
export function labelOf({ way, run }: Contestant): string {
  return run.how === undefined ? way.name : `${way.name} ${run.how}`;
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
  const verified = contestants.map((contestant) => {
    const faults: string[] = [];
    return { contestant, faults, variant: variantOf(labelOf(contestant), contestant.run, contestant.stage, faults) };
  });
  const variants = verified.map(({ variant }) => variant);
  const samples = await interleaved(variants, rounds, warmUps, onSample);
  return verified.map(({ contestant, faults }) => {
    const { way, run, stage } = contestant;
    const label = labelOf(contestant);
    const measuredRows = stage.data.rows;
    const times = rows / measuredRows;
    return {
      operation: run.operation,
      way,
      label,
      how: run.how,
      rows,
      measuredRows,
      samples: (samples.get(label) ?? []).map(({ elapsedMs, cpuMs }) => ({
        elapsedMs: elapsedMs * times,
        cpuMs: cpuMs * times,
      })),
      faults,
    };
  });
}

/** A run with what has to be so before it, and what has to be so after it. */
export function variantOf<K extends OperationName>(name: string, run: Run<K>, stage: Stage, faults: string[]): Variant {
  const { start, input, writes } = operations[run.operation];
  let result: { readonly value: Results[K] } | undefined;
  return {
    name,
    prepare: async () => {
      stage.data.make(input);
      await stage.restore(start);
    },
    run: async () => {
      result = { value: await run.run() };
    },
    check: async () => {
      if (writes) stage.disturbed();
      if (result === undefined) return;
      const { value } = result;
      // A million entities of the last run would be in the way of the next one.
      result = undefined;
      await verify(run.operation, stage, value).catch((error: unknown) => {
        if (!(error instanceof VerificationError)) throw error;
        faults.push(error.message);
      });
    },
  };
}
