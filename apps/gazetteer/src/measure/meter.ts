import type { LruEntityCache } from '@uno/cache';
import { mappings } from '../model/mappings.js';
import type { StatementCounter } from './statement-counter.js';

/** What an operation took. */
export interface Measurement {
  readonly operation: string;
  readonly records: number;
  readonly elapsedMs: number;
  /** As counted by the server; `undefined` where it does not. */
  readonly statements: number | undefined;
  readonly cacheHits: number;
}

/** Measures operations, and keeps what it measured for the table at the end. */
export class Meter {
  readonly #statements: StatementCounter;
  readonly #cache: LruEntityCache;
  readonly #now: () => number;
  readonly #measurements: Measurement[] = [];

  constructor(statements: StatementCounter, cache: LruEntityCache, now: () => number = () => performance.now()) {
    this.#statements = statements;
    this.#cache = cache;
    this.#now = now;
  }

  get measurements(): readonly Measurement[] {
    return this.#measurements;
  }

  /** @param records - how many of them there are, which may be known only afterwards */
  async measure<T>(
    operation: string,
    records: number | ((result: T) => number),
    run: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly measured: Measurement }> {
    const before = await this.#statements.read();
    const hitsBefore = this.#hits();
    const start = this.#now();
    const result = await run();
    const elapsedMs = this.#now() - start;
    const cacheHits = this.#hits() - hitsBefore;
    const after = await this.#statements.read();
    const measured: Measurement = {
      operation,
      records: typeof records === 'number' ? records : records(result),
      elapsedMs,
      statements: before === undefined || after === undefined ? undefined : after - before,
      cacheHits,
    };
    this.#measurements.push(measured);
    return { result, measured };
  }

  #hits(): number {
    return mappings.reduce((hits, mapping) => hits + this.#cache.statistics(mapping).hits, 0);
  }
}
