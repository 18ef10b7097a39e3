import { type AnyMapping, type Awaitable, calling, keyText, type Loaded } from '@uno/domain';
import type { BatchJob, Prepared, Verdict, Workspace } from '../engine/batch-job.js';
import type { ChunkReport, Entry } from '../engine/chunk.js';
import type { EngineCall } from '../engine/engine-call.js';
import { isPromise } from '../engine/window.js';
import type { ReadSession } from '../workspace/read-workspace.js';
import { type Computation, Computed, type Value } from './computation.js';
import { ComputeAccount } from './compute-account.js';
import { Slot } from './slot.js';

/** Takes a value when its turn has come. */
type OnResult<M extends AnyMapping, R> = (value: R, entity: Loaded<M>, index: number) => Awaitable<void>;

/** What a {@link ComputeJob} is made of. */
export interface ComputeJobOptions<M extends AnyMapping, R> {
  readonly workspace: Workspace<ReadSession>;
  readonly call: EngineCall;
  readonly computation: Computation<M, R>;
  /** @throws EndOfCall when one of the keys that are there already is none */
  requireKeys(): void;
  /** Where the values go, unless they are kept. */
  readonly onResult: OnResult<M, R> | undefined;
}

type Values<M extends AnyMapping, R> = readonly Value<M, R>[];

/** Computes something of rows and writes nothing: all the work is done where records are pre-processed. */
export class ComputeJob<M extends AnyMapping, R>
  implements BatchJob<ReadSession, Slot | Computed<M, R>, Value<M, R>, Values<M, R>, ComputeAccount<M, R>>
{
  readonly isIdempotent = true;
  readonly workspace: Workspace<ReadSession>;
  readonly postProcess?: (report: ChunkReport<Value<M, R>, Values<M, R>>) => Promise<void>;
  readonly #options: ComputeJobOptions<M, R>;

  constructor(options: ComputeJobOptions<M, R>) {
    const { onResult, workspace } = options;
    this.#options = options;
    this.workspace = workspace;
    if (onResult !== undefined) this.postProcess = (report) => this.#handOver(report, onResult);
  }

  async ready(): Promise<void> {
    this.#options.requireKeys();
  }

  preProcess(record: Slot | Computed<M, R>, index: number): Awaitable<Computed<M, R> | null> {
    if (!(record instanceof Slot)) return record;
    const computed = this.#options.computation.record(record, index);
    return isPromise(computed) ? computed.then(unlessAbsent) : unlessAbsent(computed);
  }

  read({ record }: Entry<Slot | Computed<M, R>>): Value<M, R> {
    const { place, outcome } = record instanceof Slot ? { place: undefined, outcome: undefined } : record;
    if (outcome === undefined) throw new TypeError('A record is read after it was computed.');
    if ('error' in outcome) throw outcome.error;
    return { ...place, ...outcome };
  }

  partsOf(item: Value<M, R>): Values<M, R> {
    return [item];
  }

  indicesOf({ index }: Value<M, R>): readonly number[] {
    return [index];
  }

  keyOfRecord(record: Slot | Computed<M, R>): string | undefined {
    const { key } = record instanceof Computed ? record.place : record;
    return key && keyText(key);
  }

  keyOfItem({ key }: Value<M, R>): string | undefined {
    return key && keyText(key);
  }

  identityOf(): undefined {
    return undefined;
  }

  prepare(items: Values<M, R>): Prepared<ReadSession, Values<M, R>> {
    return { isOneStatement: true, send: async () => items };
  }

  judge(): Verdict {
    return 'call';
  }

  newAccount(): ComputeAccount<M, R> {
    return new ComputeAccount(this.#options.onResult === undefined);
  }

  merge(into: ComputeAccount<M, R>, part: ComputeAccount<M, R>): void {
    into.take(part);
  }

  async #handOver({ pieces }: ChunkReport<Value<M, R>, Values<M, R>>, onResult: OnResult<M, R>): Promise<void> {
    const { deadline } = this.#options.call;
    for (const { value: values } of pieces) {
      for (const { value, entity, index } of values) {
        deadline.check();
        await deadline.race(calling('onResult', () => onResult(value, entity, index)));
      }
    }
  }
}

/** Where there is no row, there is nothing to hand over. */
function unlessAbsent<M extends AnyMapping, R>(computed: Computed<M, R>): Computed<M, R> | null {
  return computed.outcome === undefined ? null : computed;
}
