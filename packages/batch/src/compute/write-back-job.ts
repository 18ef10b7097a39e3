import { type AnyMapping, keyText, type UpdatePlan } from '@uno/domain';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import { UpdateJob } from '../operations/update-job.js';
import type { SettledItem, Written } from '../operations/write-account.js';
import type { WriteJobOptions } from '../operations/write-job.js';
import { WorkItem } from '../shapes/work-item.js';
import type { WriteSession } from '../workspace/write-session.js';
import { type Computation, Computed } from './computation.js';
import { isChanged, patchItem } from './patch-item.js';
import { withAside } from './set-aside.js';
import { Slot } from './slot.js';

/** What a write of computed values is made of. */
export interface WriteBackOptions<M extends AnyMapping, R> extends Omit<WriteJobOptions<M>, 'preProcess' | 'models'> {
  /** What may be written. */
  readonly writing: UpdatePlan;
  readonly computation: Computation<M, R>;
  /** @throws EndOfCall when one of the keys that are there already is none */
  requireKeys(): void;
  /** Keeps a value, where the values are asked for. */
  readonly keep: ((index: number, value: R) => void) | undefined;
}

/** Updates rows by what is computed from them, where other records are pre-processed: before their chunk is written. */
export class WriteBackJob<M extends AnyMapping, R> extends UpdateJob<M> {
  readonly #writeBack: WriteBackOptions<M, R>;
  /** Records without a row. */
  readonly #absent = new WeakSet<WorkItem>();

  constructor(options: WriteBackOptions<M, R>) {
    const { computation, writing } = options;
    super(
      {
        ...options,
        models: false,
        preProcess: (record, index) => {
          if (!(record instanceof Slot)) throw new TypeError('A record is computed once.');
          return computation.record(record, index);
        },
      },
      writing,
    );
    this.#writeBack = options;
  }

  async ready(): Promise<void> {
    this.#writeBack.requireKeys();
  }

  override read({ record }: Entry<unknown>): WorkItem {
    if (!(record instanceof Computed)) throw new TypeError('A record is read after it was computed.');
    const { place, row, outcome }: Computed<M, R> = record;
    const { index, key } = place;
    if (outcome !== undefined && 'error' in outcome) throw outcome.error;
    if (row === undefined || outcome === undefined) {
      const item = WorkItem.ofKey(this.mapping, key, index);
      this.#absent.add(item);
      return item;
    }
    const { writing, keep } = this.#writeBack;
    const item = patchItem(this.mapping, writing.allowed, row, outcome.value, place);
    keep?.(index, outcome.value);
    return item;
  }

  /** A row is computed once. */
  override fold(items: readonly WorkItem[]): readonly WorkItem[] {
    return items;
  }

  override keyOfRecord(record: unknown): string | undefined {
    if (!(record instanceof Computed)) return undefined;
    const { place }: Computed<M, R> = record;
    return place.key && keyText(place.key);
  }

  override prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const changed = items.filter(isChanged);
    if (changed.length === items.length) return super.prepare(items);
    const aside = items.filter((item) => !isChanged(item)).map((item) => this.#aside(item));
    if (changed.length === 0) return { isOneStatement: true, send: async () => ({ settled: aside }) };
    const { isOneStatement, send } = super.prepare(changed);
    return { isOneStatement, send: async (session) => withAside(await send(session), aside) };
  }

  override otherWay(items: readonly WorkItem[], error: unknown): ReturnType<UpdateJob<M>['otherWay']> {
    const aside = items.filter((item) => !isChanged(item)).map((item) => this.#aside(item));
    const other = super.otherWay(items.filter(isChanged), error);
    return other && (async (session) => withAside(await other(session), aside));
  }

  override async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    return isChanged(item) ? super.alone(session, item) : { settled: [this.#aside(item)] };
  }

  #aside(item: WorkItem): SettledItem {
    return { item, status: this.#absent.has(item) ? 'skipped' : 'unchanged' };
  }
}
