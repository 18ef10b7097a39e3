import { type AnyMapping, type Identity, type KeyTexts, keyText, type TextRow } from '@uno/domain';
import type { RawBuilder } from 'kysely';
import type { Prepared } from '../engine/batch-job.js';
import { Breather } from '../engine/breather.js';
import type { Entry } from '../engine/chunk.js';
import { isPromise, Window } from '../engine/window.js';
import { UpdateJob } from '../operations/update-job.js';
import type { SettledItem, Written } from '../operations/write-account.js';
import { WriteJob } from '../operations/write-job.js';
import { inLockOrder } from '../shapes/lock-order.js';
import { WorkItem } from '../shapes/work-item.js';
import { keyArrays } from '../statements/column-arrays.js';
import type { WriteSession } from '../workspace/write-session.js';
import { endAt, type Outcome, type Place, unreadable } from './computation.js';
import { isChanged, patchItem } from './patch-item.js';
import { executeSql, lockQuery } from './scan-queries.js';
import { withAside } from './set-aside.js';
import { Slot } from './slot.js';
import type { WriteBackOptions } from './write-back-job.js';

/** What was computed of a row that was read, and comes to the same as long as the row does. */
interface Known {
  readonly row: TextRow;
  readonly result: { readonly patch: WorkItem } | { readonly error: unknown };
}

/** A record whose row is locked. */
interface Held {
  readonly item: WorkItem;
  readonly row: TextRow;
}

/** What is to be done to some rows. */
interface Patches {
  readonly changed: readonly WorkItem[];
  /** Records for which there is nothing to write. */
  readonly aside: readonly SettledItem[];
}

/**
 * Updates rows by what is computed from them while they are locked: all of it happens in the transaction that writes the
 * chunk. When that has to be repeated, a row that is as it was is not computed again.
 */
export class LockedJob<M extends AnyMapping, R> extends WriteJob<M> {
  /** Done twice, it would compute from what it has written itself. */
  readonly isIdempotent = false;
  protected readonly folded = 'all';
  readonly #options: WriteBackOptions<M, R>;
  readonly #condition: RawBuilder<unknown>;
  readonly #update: UpdateJob<M>;
  readonly #window: Window;
  readonly #breather: Breather;
  readonly #known = new WeakMap<WorkItem, Known>();
  /** Records whose row is computed for an earlier one. */
  readonly #repeated = new WeakSet<WorkItem>();

  /** @param condition - what has to hold for a row still, when it is locked */
  constructor(options: WriteBackOptions<M, R>, condition: RawBuilder<unknown>) {
    const { call, writing } = options;
    const base = { ...options, models: false, preProcess: undefined };
    super(base);
    this.#options = options;
    this.#condition = condition;
    this.#update = new UpdateJob(base, writing);
    this.#window = new Window(call.maxWorkers, call.deadline);
    this.#breather = new Breather(call.deadline);
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    if (!(record instanceof Slot)) throw new TypeError('A record is read before it is computed.');
    const { key, known } = record;
    if (known !== undefined && 'fault' in known) throw known.fault;
    if (known !== undefined && 'unread' in known) throw unreadable(known.unread);
    const item = WorkItem.ofKey(this.mapping, key, index);
    if (record.isRepeated) this.#repeated.add(item);
    return item;
  }

  async ready(): Promise<void> {
    this.#options.requireKeys();
  }

  override keyOfRecord(record: unknown): string | undefined {
    return record instanceof Slot && record.key ? keyText(record.key) : undefined;
  }

  identityOf(item: WorkItem): Identity | undefined {
    return this.identityByKey(item);
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    for (const item of items) {
      const known = this.#known.get(item);
      if (known !== undefined && 'error' in known.result) throw known.result.error;
    }
    return { isOneStatement: false, send: (session) => this.#send(session, items) };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const { changed, aside } = await this.#computed(session, [item]);
    const [patch] = changed;
    return patch === undefined ? { settled: aside } : this.#update.alone(session, patch);
  }

  /** The rows are locked and have been computed, so that it is only their patches that are done in another way. */
  otherWay(items: readonly WorkItem[], error: unknown): ((session: WriteSession) => Promise<Written>) | undefined {
    if (this.#update.otherWay(items, error) === undefined) return undefined;
    return async (session) => {
      const { changed, aside } = await session.attempt(() => this.#computed(session, items));
      const other = this.#update.otherWay(changed, error);
      if (other === undefined) throw error;
      return withAside(await other(session), aside);
    };
  }

  async #send(session: WriteSession, items: readonly WorkItem[]): Promise<Written> {
    const { changed, aside } = await this.#computed(session, items);
    if (changed.length === 0) return { settled: aside };
    return withAside(await this.#update.prepare(changed).send(session), aside);
  }

  async #computed(session: WriteSession, items: readonly WorkItem[]): Promise<Patches> {
    const rows = await this.#lock(
      session,
      items.filter((item) => !this.#repeated.has(item)),
    );
    const held = items.flatMap((item): Held[] => {
      const row = rows.get(item);
      return row === undefined ? [] : [{ item, row }];
    });
    await this.#computeAll(held.filter(({ item, row }) => !isSame(this.#known.get(item)?.row, row)));
    const patches = held.map((one) => this.#patchOf(one));
    const absent = items.filter((item) => !rows.has(item));
    return {
      changed: patches.filter(isChanged),
      aside: [
        ...absent.map((item): SettledItem => ({ item, status: 'skipped' })),
        ...patches.filter((patch) => !isChanged(patch)).map((item): SettledItem => ({ item, status: 'unchanged' })),
      ],
    };
  }

  /** In an order that is the same for everybody. */
  async #lock(session: WriteSession, items: readonly WorkItem[]): Promise<Map<WorkItem | undefined, TextRow>> {
    if (items.length === 0) return new Map();
    const ordered = inLockOrder(items);
    const keys = ordered.map(({ key = [] }): KeyTexts => key);
    const query = lockQuery(this.mapping, this.#condition, keyArrays(this.mapping, keys));
    const { rows } = await executeSql(session.execute, this.#options.db, query);
    return new Map(rows.map(([position, ...row]) => [ordered[Number(position) - 1], row]));
  }

  /** Computes rows in the order of their records, and none after one that has failed, unless that is to be left out. */
  async #computeAll(held: readonly Held[]): Promise<void> {
    const { computation, call } = this.#options;
    const begun: Promise<void>[] = [];
    let hasFailed = false;
    const keep = (one: Held, outcome: Outcome<M, R>) => {
      const known = this.#knownOf(one, outcome);
      this.#known.set(one.item, known);
      hasFailed ||= 'error' in known.result;
    };
    for (const one of held) {
      while (this.#window.isFull) await this.#window.untilOneEnds();
      if (this.#breather.isDue()) await this.#breather.breathe();
      if (hasFailed && !call.skips) break;
      const outcome = computation.row(one.row, placeOf(one.item));
      if (isPromise(outcome)) begun.push(this.#window.add(outcome.then((settled) => keep(one, settled))));
      else keep(one, outcome);
    }
    await call.deadline.race(Promise.all(begun));
  }

  #knownOf({ item, row }: Held, outcome: Outcome<M, R>): Known {
    const { writing, keep } = this.#options;
    const place = placeOf(item);
    try {
      if ('error' in outcome) throw outcome.error;
      const patch = patchItem(this.mapping, writing.allowed, row, outcome.value, place);
      keep?.(place.index, outcome.value);
      return { row, result: { patch } };
    } catch (error) {
      return { row, result: { error } };
    }
  }

  /**
   * The first one that failed, in the order of the source, ends the call or is left out: that is for the engine to do.
   * Those that were not begun come after it.
   */
  #patchOf({ item }: Held): WorkItem {
    const result = this.#known.get(item)?.result;
    if (result !== undefined && 'patch' in result) return result.patch;
    throw this.options.call.skips ? result?.error : endAt(placeOf(item), result?.error);
  }
}

function placeOf({ indices, key }: WorkItem): Place {
  return { index: indices[0] ?? 0, key };
}

function isSame(one: TextRow | undefined, other: TextRow): boolean {
  return one !== undefined && other.every((text, i) => text === one[i]);
}
