import { randomInt } from 'node:crypto';
import type { AnyMapping, UpdatePlan } from '@uno/domain';
import { ConstraintError, sqlstateOf, UnoError } from '@uno/postgres';
import { clustersOf, roundsOf } from '../shapes/links.js';
import { inLockOrder } from '../shapes/lock-order.js';
import type { WorkItem } from '../shapes/work-item.js';
import { columnArrays, keyArraysOf } from '../statements/column-arrays.js';
import { parkStatement, seeds } from '../statements/parking.js';
import type { RowByRowIndex } from '../statements/unique-facts.js';
import { judgeWrite } from '../workspace/judge.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { LaterRecords } from './later-records.js';
import { type Parking, parkingWays } from './parking-plan.js';
import { UniqueWants } from './unique-wants.js';
import type { Written } from './write-account.js';

/** Rows that have values for the moment, and have to be written in the same transaction. */
export interface Parked {
  readonly items: ReadonlySet<WorkItem>;
  /** What is thrown when one of them is not. */
  readonly refused: ConstraintError;
}

/** Writes items, in rounds one after the other. */
export type WriteRounds = (rounds: readonly (readonly WorkItem[])[], parked?: Parked) => Promise<Written>;

/**
 * Exchanges unique values between records of one statement, which PostgreSQL refuses where it checks an index row by row.
 *
 * Where two rounds are enough, those that free a value are written first. Longer chains would take as many statements as
 * they are long, so that there the rows whose values are wanted get out of the way first: one statement for any number of
 * rows. Where no value is to be had for the moment, the long way is gone; and in a ring of such rows nothing helps.
 * Nothing is deleted: that would fire foreign keys.
 */
export class UniqueExchange {
  readonly #mapping: AnyMapping;
  readonly #plan: UpdatePlan;
  readonly #later: LaterRecords;
  readonly #wants: UniqueWants;
  /** Items in rings for which there is no way. */
  readonly #stuck = new WeakSet<WorkItem>();
  readonly #faults = new WeakMap<object, WorkItem>();

  constructor(mapping: AnyMapping, plan: UpdatePlan, later: LaterRecords) {
    this.#mapping = mapping;
    this.#plan = plan;
    this.#later = later;
    this.#wants = new UniqueWants(mapping, plan, later);
  }

  /**
   * Writes items that were refused together.
   *
   * @param write - called in an attempt, maybe several times
   * @throws `refused` where they do not exchange anything; whatever else is wrong with them
   */
  async run(
    session: WriteSession,
    items: readonly WorkItem[],
    refused: ConstraintError,
    write: WriteRounds,
  ): Promise<Written> {
    const wants = await this.#wants.of(session, items, refused);
    if (wants.length === 0) throw refused;
    const rounds = roundsOf(items, wants);
    // As many statements as with values for the moment, and no row is written twice.
    if (rounds?.length === 2) return this.#tried({ session, rounds, write });
    const held = new Map<WorkItem, Set<RowByRowIndex>>();
    for (const { first, index } of wants) held.set(first, (held.get(first) ?? new Set()).add(index));
    for (const parkings of parkingWays(this.#plan, this.#wants.facts, held)) {
      const park = async () => ({ items: await this.#park(session, parkings), refused });
      try {
        const written = await this.#tried({ session, rounds: [items], write, park });
        const among = new Set(items);
        const later = [...held.keys()].filter((item) => !among.has(item));
        this.#later.setAside(later, refused);
        return written;
      } catch (error) {
        // A CHECK or a foreign key, say, does not take what is there for the moment.
        if (!(error instanceof ParkingRefused)) throw error;
      }
    }
    if (rounds !== undefined) return this.#tried({ session, rounds, write });
    for (const { waits } of wants) this.#stuck.add(waits);
    throw refused;
  }

  /** What is to be said of an item that failed by itself: that it is part of a ring which cannot be resolved. */
  explained([item, ...more]: readonly WorkItem[], error: unknown): unknown {
    if (item === undefined || more.length > 0 || !this.#stuck.has(item) || !isRefused(error)) return error;
    const { sqlstate, schema, table, column, constraint, operation } = error;
    return new ConstraintError(
      `${error.message} Records of the call exchange such values, and there is none that could stand in for the moment. A DEFERRABLE constraint would allow it.`,
      error.retry,
      { sqlstate, schema, table, column, constraint, operation, cause: error },
    );
  }

  /** The position of the item that made those fail that hang together. */
  faultIn(items: readonly WorkItem[], error: unknown): number | undefined {
    const item = typeof error === 'object' && error !== null ? this.#faults.get(error) : undefined;
    const at = item === undefined ? -1 : items.indexOf(item);
    return at < 0 ? undefined : at;
  }

  /** About half of the items and the others, without parting those that exchange values; `undefined` where that needs no care. */
  halvesOf(items: readonly WorkItem[]): readonly [readonly WorkItem[], readonly WorkItem[]] | undefined {
    const known = this.#wants.known(items);
    if (known === undefined || known.length === 0) return undefined;
    const clusters = clustersOf(items, known);
    if (clusters.length === 1) return undefined;
    const left: WorkItem[] = [];
    const right: WorkItem[] = [];
    for (const cluster of clusters) {
      const isLeft = right.length === 0 && (left.length === 0 || left.length + cluster.length <= items.length / 2);
      (isLeft ? left : right).push(...cluster);
    }
    const inOrder = (some: WorkItem[]) => some.sort((one, other) => one.index - other.index);
    return [inOrder(left), inOrder(right)];
  }

  async #tried(trial: Trial): Promise<Written> {
    const { session, rounds, write, park } = trial;
    try {
      return await session.attempt(async () => write(rounds, await park?.()));
    } catch (error) {
      if (error instanceof ParkingRefused || judgeWrite(error) === 'call') throw error;
      throw await this.#named(error, trial);
    }
  }

  /** Where the items all hang together, they are tried one by one until one fails, as all of them depend on it. */
  async #named(error: unknown, { session, rounds, write, park }: Trial): Promise<unknown> {
    const items = rounds.flat();
    if (clustersOf(items, this.#wants.known(items) ?? []).length > 1) return error;
    let current: WorkItem | undefined;
    const found = await session
      .attempt(async () => {
        const parked = await park?.();
        for (current of items) await write([[current]], parked);
        throw error;
      })
      .catch((why: unknown) => why);
    const verdict = judgeWrite(found);
    if (verdict === 'call') return found;
    if (verdict !== 'record' || found === error || current === undefined || !UnoError.is(found)) return error;
    this.#faults.set(found, current);
    return found;
  }

  async #park(session: WriteSession, parkings: readonly Parking[]): Promise<ReadonlySet<WorkItem>> {
    const parked = new Set<WorkItem>();
    const { version } = this.#plan;
    for (const { columns, items } of parkings) {
      const ordered = inLockOrder(items);
      const { rows } = await session
        .execute(parkStatement(this.#mapping, this.#plan, columns), [
          ...keyArraysOf(this.#mapping, ordered),
          ...columnArrays(this.#mapping, version === undefined ? [] : [version], ordered),
          String(randomInt(seeds)),
        ])
        .catch((error: unknown) => {
          throw judgeWrite(error) === 'call' || sqlstateOf(error) === undefined ? error : new ParkingRefused();
        });
      for (const [position] of rows) {
        const item = ordered[Number(position) - 1];
        if (item !== undefined) parked.add(item);
      }
    }
    return parked;
  }
}

/** Thrown when rows cannot have the values that were found for the moment. */
class ParkingRefused extends Error {
  override readonly name = 'ParkingRefused';
}

/** One way to write items. */
interface Trial {
  readonly session: WriteSession;
  readonly rounds: readonly (readonly WorkItem[])[];
  readonly write: WriteRounds;
  /** What comes first. */
  readonly park?: () => Promise<Parked>;
}

/** Whether a unique index refused a row. */
export function isRefused(error: unknown): error is ConstraintError {
  return error instanceof ConstraintError && error.sqlstate === '23505';
}
