import { BatchError, type WriteEvent } from '@uno/domain';
import { CommitUnknownError, type RetryNote, UnoError } from '@uno/postgres';
import type { Done, FaultedOperation } from './operations.js';
import { codeOf, idOf } from './parcels.js';
import { batchSize, commitsByStatement, type Way } from './ways.js';

/** How a call ended. */
export type Outcome = { readonly done: Done } | { readonly error: unknown };

/** A row of the table. */
export interface ParcelRow {
  readonly id: number;
  readonly weight: number | null;
}

/** What was done, what came of it, and what the database says. */
export interface Evidence {
  readonly operation: FaultedOperation;
  readonly way: Way;
  /** Records of the call. */
  readonly count: number;
  /** Positions of the records that the table refuses. */
  readonly bad: readonly number[];
  readonly outcome: Outcome;
  /** By code. */
  readonly rows: ReadonlyMap<string, ParcelRow>;
  /** How many changes of each row were committed, by code. */
  readonly changes: ReadonlyMap<string, number>;
  readonly events: readonly WriteEvent[];
  readonly retries: readonly RetryNote[];
}

/** Everything that is wrong with what a call says of itself, in the light of what the database says; nothing if it is honest. */
export function audit(evidence: Evidence): string[] {
  return new Audit(evidence).complaints();
}

class Audit {
  readonly #evidence: Evidence;
  readonly #complaints: string[] = [];
  /** Positions of the records that are done, according to the table. */
  readonly #isDone: boolean[];

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#isDone = Array.from({ length: evidence.count }, (_, index) => this.#stateOf(index) === 'done');
  }

  complaints(): string[] {
    this.#rows();
    if ('done' in this.#evidence.outcome) this.#totals(this.#evidence.outcome.done);
    else this.#error(this.#evidence.outcome.error);
    this.#observers();
    return this.#complaints;
  }

  #check(holds: boolean, complaint: string): void {
    if (!holds) this.#complaints.push(complaint);
  }

  get #done(): number[] {
    return this.#indices((index) => this.#isDone[index] === true);
  }

  #indices(which: (index: number) => boolean): number[] {
    return Array.from(this.#isDone.keys()).filter(which);
  }

  #stateOf(index: number): 'done' | 'undone' | 'odd' {
    const { operation, rows } = this.#evidence;
    const weight = rows.get(codeOf(index))?.weight ?? undefined;
    if (weight === operation.after(index)) return 'done';
    return weight === operation.before(index) ? 'undone' : 'odd';
  }

  /** Whether a COMMIT, or a statement that commits by itself, may have been repeated on purpose. */
  get #mayBeRepeated(): boolean {
    const { operation, retries } = this.#evidence;
    return operation.isIdempotent && retries.some(({ code }) => code === 'UNO_COMMIT_UNKNOWN');
  }

  #rows(): void {
    const { rows, changes, count } = this.#evidence;
    const codes = new Set(Array.from({ length: count }, (_, index) => codeOf(index)));
    for (const code of rows.keys()) this.#check(codes.has(code), `there is a row ${code}, which nobody asked for`);
    for (const index of this.#isDone.keys()) {
      const times = changes.get(codeOf(index)) ?? 0;
      this.#check(this.#stateOf(index) !== 'odd', `record ${index} has left a row that is neither old nor new`);
      const isRight = this.#isDone[index] ? times === 1 || (times > 1 && this.#mayBeRepeated) : times === 0;
      this.#check(isRight, `record ${index} was written ${times} times`);
    }
  }

  #totals(done: Done): void {
    const { operation, bad, count } = this.#evidence;
    const good = this.#indices((index) => !bad.includes(index));
    this.#same('the records that are done', this.#done, good);
    const was = (index: number) => operation.before(index) !== undefined;
    const is = (index: number) => operation.after(index) !== undefined;
    const expected = {
      total: count,
      inserted: good.filter((index) => !was(index) && is(index)).length,
      updated: good.filter((index) => was(index) && is(index)).length,
      deleted: good.filter((index) => was(index) && !is(index)).length,
      unchanged: 0,
      skipped: 0,
      failed: bad.length,
    };
    // Repeated, an update finds rows that already are as asked.
    const again = this.#mayBeRepeated ? done.unchanged : 0;
    expected.updated -= again;
    expected.unchanged += again;
    for (const name of Object.keys(expected) as (keyof typeof expected)[]) {
      this.#check(done[name] === expected[name], `${name} is ${done[name]}, and ought to be ${expected[name]}`);
    }
    this.#same(
      'the failures',
      done.failures.map(({ index }) => index),
      bad,
    );
    if (done.models !== undefined) this.#models(done.models, good);
  }

  #models(models: NonNullable<Done['models']>, good: readonly number[]): void {
    const { rows } = this.#evidence;
    const given = models.map(({ id, code, weight }) => `${code} ${id} ${weight}`);
    const stored = good.map((index) => {
      const row = rows.get(codeOf(index));
      return `${codeOf(index)} ${row?.id} ${row?.weight}`;
    });
    this.#same('the models', given, stored);
  }

  #error(error: unknown): void {
    if (!UnoError.is(error)) {
      this.#complaints.push(`what was thrown is no error of uno: ${String(error)}`);
      return;
    }
    const { operation, way, bad } = this.#evidence;
    if (error instanceof BatchError) {
      const { written, unknown, index, cause } = error;
      this.#same(
        'the records that are done, apart from those of which nobody knows,',
        this.#done.filter((one) => !unknown.has(one)),
        [...written],
      );
      this.#check(way.byChunk || written.size === 0, 'it was written by chunks, which nobody asked for');
      if (unknown.size > 0) this.#ambiguity([...unknown]);
      this.#check(unknown.size > 0 === cause instanceof CommitUnknownError, `of ${unknown} nobody knows: ${cause}`);
      this.#check(index === undefined || bad.includes(index), `record ${index} is blamed, which is good`);
      if (written.size + unknown.size > 0) this.#notAgain(error);
    } else if (error instanceof CommitUnknownError) {
      this.#check(!way.byChunk, 'chunks are unknown, and the error does not say which');
      this.#ambiguity([...this.#isDone.keys()]);
      this.#notAgain(error);
    } else {
      this.#same('the records that are done', this.#done, []);
      // What is known to be undone is not to be called doubtful.
      const saysSo = error.retry !== 'if-idempotent';
      this.#check(saysSo, `nothing was written, and the error doubts it: ${operation.name} ${error}`);
    }
  }

  /** What nobody knows can only be a statement that committed by itself, or a COMMIT that could not be looked up. */
  #ambiguity(indices: readonly number[]): void {
    const { way, count } = this.#evidence;
    const size = way.options.strategy === 'single_query' || !way.byChunk ? count : batchSize;
    for (let start = 0; start < count; start += size) {
      const states = indices.filter((index) => index >= start && index < start + size).map((i) => this.#isDone[i]);
      this.#check(new Set(states).size <= 1, `what was committed together is in the table in part, from ${start} on`);
    }
  }

  /** A part may be in the database already: to do it all again would do that twice. */
  #notAgain({ retry }: UnoError): void {
    this.#check(retry === 'if-idempotent' || retry === 'never', `the error says ${retry}, though a part is written`);
  }

  #observers(): void {
    const { events, outcome, retries, operation } = this.#evidence;
    const saidUnknown = events.some(({ outcome: certainty }) => certainty === 'unknown');
    if (operation.tellsOfAll) this.#toldOfAll(saidUnknown);
    else this.#toldByKey(saidUnknown);
    const isUnknown =
      retries.some(({ code }) => code === 'UNO_COMMIT_UNKNOWN') || ('error' in outcome && saysUnknown(outcome.error));
    this.#check(isUnknown || !saidUnknown, 'the observers were told of what was rolled back');
    this.#check(!isUnknown || saidUnknown, 'the observers were not told of what nobody knows');
  }

  #toldOfAll(saidUnknown: boolean): void {
    const { events } = this.#evidence;
    const committed = events.filter(({ outcome: certainty }) => certainty === 'committed');
    for (const { keys } of events) this.#check(keys === 'all', `the observers were told of ${keys}, and of no others`);
    this.#check(this.#done.length === 0 || committed.length > 0 || saidUnknown, 'the observers were not told');
    this.#check(this.#done.length > 0 || committed.length === 0, 'the observers were told of what is undone');
  }

  #toldByKey(saidUnknown: boolean): void {
    const { events, rows, operation } = this.#evidence;
    const told = new Map<string, number>();
    for (const { keys, outcome: certainty } of events) {
      if (certainty === 'unknown') continue;
      if (keys === 'all') this.#complaints.push('the observers were told of all rows, where the keys are known');
      else for (const key of keys) told.set(key, (told.get(key) ?? 0) + 1);
    }
    const keyOf = (index: number) =>
      String(operation.after(index) === undefined ? idOf(index) : rows.get(codeOf(index))?.id);
    for (const index of this.#done) {
      const times = told.get(keyOf(index)) ?? 0;
      this.#check(times > 0 || saidUnknown, `the observers were not told of record ${index}`);
      this.#check(times <= 1 || this.#mayBeRepeated, `the observers were told ${times} times of record ${index}`);
    }
    const done = new Set(this.#done.map(keyOf));
    for (const key of told.keys()) this.#check(done.has(key), `the observers were told of row ${key}, which is undone`);
  }

  #same(what: string, actual: readonly unknown[], expected: readonly unknown[]): void {
    const isSame = actual.length === expected.length && actual.every((one, i) => one === expected[i]);
    this.#check(isSame, `${what} are ${JSON.stringify(actual)}, and ought to be ${JSON.stringify(expected)}`);
  }
}

/** Whether a call may end without anybody knowing what is written, although it tries again what it may. */
export function mayEndUnknown(operation: FaultedOperation, way: Way): boolean {
  return commitsByStatement(operation, way) && !operation.isIdempotent;
}

/** Whether an error says that nobody knows what is written. */
export function saysUnknown(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof CommitUnknownError) return true;
  }
  return false;
}
