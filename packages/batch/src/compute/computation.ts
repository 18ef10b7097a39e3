import {
  type AnyMapping,
  type Awaitable,
  blamesRecord,
  CallbackError,
  type Deadline,
  EndOfCall,
  hydrateLoaded,
  type KeyTexts,
  keyText,
  type Loaded,
  type TextRow,
} from '@uno/domain';
import { UnoError } from '@uno/postgres';
import { isPromise } from '../engine/window.js';
import type { ComputeFunction } from './compute-types.js';
import type { Found, Slot } from './slot.js';

/** A record of the source: its position, and its key where it has one. */
export interface Place {
  readonly index: number;
  readonly key: KeyTexts | undefined;
}

/** What the function gave for a row, or why there is no value. */
export type Outcome<M extends AnyMapping, R> =
  | { readonly value: R; readonly entity: Loaded<M> }
  | { readonly error: unknown };

/** A value, and what it belongs to. */
export interface Value<M extends AnyMapping, R> extends Place {
  readonly value: R;
  readonly entity: Loaded<M>;
}

/** A record that was computed. */
export class Computed<M extends AnyMapping, R> {
  readonly place: Place;
  readonly row: TextRow | undefined;
  /** `undefined` where there was no row to compute from. */
  readonly outcome: Outcome<M, R> | undefined;

  constructor(place: Place, row: TextRow | undefined, outcome: Outcome<M, R> | undefined) {
    this.place = place;
    this.row = row;
    this.outcome = outcome;
  }
}

/** What a {@link Computation} goes by. */
export interface ComputationOptions<M extends AnyMapping, R> {
  readonly mapping: M;
  readonly compute: ComputeFunction<M, R>;
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** Whether records that fail are left out. */
  readonly skips: boolean;
}

/** Calls the caller's function for records. */
export class Computation<M extends AnyMapping, R> {
  readonly #options: ComputationOptions<M, R>;
  /**
   * What ends the call, once that is known: no record is begun afterwards. All before the one at fault have been begun, so
   * that the first one that failed, in the order of the source, can be named.
   */
  #end: { readonly error: unknown } | undefined;

  constructor(options: ComputationOptions<M, R>) {
    this.#options = options;
  }

  /** Computes a record when its row is there. Never fails. */
  record(slot: Slot, index: number): Awaitable<Computed<M, R>> {
    const place = { index, key: slot.key };
    if (this.#end !== undefined) return new Computed<M, R>(place, undefined, this.#end);
    const found = slot.find();
    return isPromise(found) ? found.then((one) => this.#found(place, one)) : this.#found(place, found);
  }

  /** Computes a row. Never fails. */
  row(row: TextRow, place: Place): Awaitable<Outcome<M, R>> {
    const { mapping, compute, signal } = this.#options;
    let entity: Loaded<M>;
    try {
      entity = hydrateLoaded(mapping, row);
    } catch (error) {
      // A class that throws on a row is no record's fault.
      return blamesRecord(error) ? this.#fails(place, error) : this.#ends(endAt(place, error));
    }
    try {
      const value = compute(entity, { index: place.index, signal });
      if (!isPromise(value)) return { value, entity };
      return value.then(
        (settled) => ({ value: settled, entity }),
        (error: unknown) => this.#threw(place, error),
      );
    } catch (error) {
      return this.#threw(place, error);
    }
  }

  #found(place: Place, found: Found): Awaitable<Computed<M, R>> {
    if ('unread' in found) return new Computed(place, undefined, this.#ends(unreadable(found.unread)));
    if ('fault' in found) return new Computed(place, undefined, this.#fails(place, found.fault));
    const { row } = found;
    if (row === undefined) return new Computed<M, R>(place, undefined, undefined);
    const outcome = this.row(row, place);
    return isPromise(outcome)
      ? outcome.then((settled) => new Computed(place, row, settled))
      : new Computed(place, row, outcome);
  }

  /** When the call is over, that is why the function failed, if it has noticed that by itself. */
  #threw(place: Place, thrown: unknown): Outcome<M, R> {
    try {
      this.#options.deadline.check();
    } catch (over) {
      return this.#ends(over);
    }
    return this.#fails(place, new CallbackError('compute', thrown));
  }

  #fails(place: Place, error: unknown): Outcome<M, R> {
    if (!this.#options.skips) this.#end ??= { error: endAt(place, error) };
    return { error };
  }

  #ends(error: unknown): Outcome<M, R> {
    this.#end ??= { error };
    return { error };
  }
}

/** What ends a call at a record. */
export function endAt({ index, key }: Place, error: unknown): unknown {
  return UnoError.is(error) ? new EndOfCall({ index, key: key && keyText(key) }, error) : error;
}

/** What ends a call whose rows cannot be read: no record that may be left out, whatever PostgreSQL says of it. */
export function unreadable(error: unknown): unknown {
  return blamesRecord(error) ? new EndOfCall({ index: undefined, key: undefined }, error) : error;
}
