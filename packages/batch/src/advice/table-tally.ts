import type { CallDescription, CallEvents } from '../metrics/call-recorder.js';
import type { Clock } from '../metrics/clock.js';
import type { ConflictColumns, RewrittenRows, TableStatistics } from './call-statistics.js';
import { CallTally } from './call-tally.js';
import { CallWatch } from './call-watch.js';
import { KeySketch } from './key-sketch.js';

/** So many kinds of calls are counted for a table; what comes after them is not, and nothing is advised about it. */
const mostKinds = 64;

/** Operations after which a row may be another one than a cache has. */
const changing: ReadonlySet<string> = new Set([
  'batchUpdate',
  'batchUpsert',
  'batchDelete',
  'batchSync',
  'batchCompute',
  'batchImport',
]);

/** Counts what all calls do to one table, in bounded memory. */
export class TableTally {
  readonly #kinds = new Map<string, CallTally>();
  readonly #conflicts = new Map<string, ConflictColumns>();
  readonly #rewritten = new Map<string, RewrittenRows>();
  /** Made when the first row is read by its key. */
  #sketch: KeySketch | undefined;
  #written = 0;
  #calls = 0;

  begin(description: CallDescription, clock: Clock): CallEvents | undefined {
    const { operation, strategy, batchSize, isTuned = false, atomicity } = description;
    const name = `${operation} ${strategy} ${batchSize} ${isTuned} ${atomicity}`;
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      if (this.#kinds.size >= mostKinds) return undefined;
      kind = new CallTally(description);
      this.#kinds.set(name, kind);
    }
    this.#calls++;
    return new CallWatch({ operation, number: this.#calls, clock, kind, table: this });
  }

  read(key: string | number, call: number): void {
    this.#sketch ??= new KeySketch();
    this.#sketch.note(key, call);
  }

  ended(operation: string, successful: number, inserts: boolean): void {
    if (this.#sketch === undefined) return;
    if (changing.has(operation) && !inserts) this.#written += successful;
    // A statement of the caller's may have changed every row.
    if (operation === 'batchExecuteSql') this.#written += KeySketch.mostKeys;
  }

  toldApart(operation: string, columns: readonly string[], isRefused: boolean): void {
    const name = JSON.stringify([operation, columns]);
    const { calls, refused } = this.#conflicts.get(name) ?? { calls: 0, refused: 0 };
    if (!this.#conflicts.has(name) && this.#conflicts.size >= mostKinds) return;
    this.#conflicts.set(name, { operation, columns, calls: calls + 1, refused: refused + (isRefused ? 1 : 0) });
  }

  rewritten(operation: string, rows: number, unchanged: number): void {
    const before = this.#rewritten.get(operation) ?? { sampled: 0, unchanged: 0 };
    this.#rewritten.set(operation, {
      operation,
      sampled: before.sampled + rows,
      unchanged: before.unchanged + unchanged,
    });
  }

  statistics(): TableStatistics {
    return {
      calls: [...this.#kinds.values()].map((kind) => kind.read()),
      conflictColumns: [...this.#conflicts.values()],
      reads: {
        keys: this.#sketch?.keys ?? 0,
        repeated: this.#sketch?.repeated ?? 0,
        written: this.#written,
      },
      rewritten: [...this.#rewritten.values()],
    };
  }
}
