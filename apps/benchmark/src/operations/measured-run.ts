import type { Variant } from '../rounds.js';
import type { Contestant } from './contestant.js';
import { type OperationName, operations, type Results } from './operation.js';
import { type CpuTimes, cpuSince, cpuTimesOf } from './process-cpu.js';
import type { Stage } from './stage.js';
import { VerificationError, verify } from './verify.js';
import type { Run } from './way.js';

/** What other processes took for a run. */
interface CpuOfOthers {
  readonly serverMs: number;
  /** `undefined` when the client is this process. */
  readonly clientMs: number | undefined;
}

/** A contestant's run with what has to be so before it, and what has to be so after it. */
export class MeasuredRun implements Variant {
  readonly name: string;
  readonly contestant: Contestant;
  /** What was found to be wrong after a run. */
  readonly faults: string[] = [];
  /** One for each run. */
  readonly cpuTimes: CpuOfOthers[] = [];
  #verify: (() => Promise<void>) | undefined;
  #serverBefore: CpuTimes = new Map();
  #clientBefore: CpuTimes = new Map();

  constructor(name: string, contestant: Contestant) {
    this.name = name;
    this.contestant = contestant;
  }

  async prepare(): Promise<void> {
    const { stage, run } = this.contestant;
    const { start, input } = operations[run.operation];
    stage.data.make(input);
    await stage.restore(start);
    this.#serverBefore = await stage.serverCpu();
    this.#clientBefore = await this.#clientCpu();
  }

  async run(): Promise<void> {
    this.#verify = await verifiable(this.contestant.run, this.contestant.stage);
  }

  async check(): Promise<void> {
    const { stage, run, pid } = this.contestant;
    const serverMs = cpuSince(this.#serverBefore, await stage.serverCpu());
    const clientMs = pid === undefined ? undefined : cpuSince(this.#clientBefore, await this.#clientCpu());
    this.cpuTimes.push({ serverMs, clientMs });
    if (operations[run.operation].writes) stage.disturbed();
    try {
      await this.#verify?.();
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      this.faults.push(error.message);
    } finally {
      // A million entities of this run would be in the way of the next one.
      this.#verify = undefined;
    }
  }

  async #clientCpu(): Promise<CpuTimes> {
    const { pid } = this.contestant;
    return cpuTimesOf(pid === undefined ? [] : [pid]);
  }
}

/** Runs it, and gives what verifies the result. */
async function verifiable<K extends OperationName>(run: Run<K>, stage: Stage): Promise<() => Promise<void>> {
  const result: Results[K] = await run.run();
  return () => verify(run.operation, stage, result);
}
