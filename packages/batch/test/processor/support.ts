export { Gate } from '../engine/support/gate.js';
export { settle } from '../engine/support/settle.js';
export { strategies } from '../engine/support/strategies.js';
export { TrackedSource } from '../engine/support/tracked-source.js';
export { batchErrorOf } from '../support/failure-of.js';
export { until } from '../support/until.js';

/** So many numbers from 0. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Does numbers, but for bad ones, wholly or not at all, and keeps what it was called with. */
export class Worker {
  readonly calls: number[][] = [];
  readonly done: number[] = [];
  readonly #bad: ReadonlySet<number>;

  constructor(bad: Iterable<number> = []) {
    this.#bad = new Set(bad);
  }

  readonly execute = async (records: readonly number[]): Promise<number[]> => {
    this.calls.push([...records]);
    await Promise.resolve();
    const wrong = records.find((record) => this.#bad.has(record));
    if (wrong !== undefined) throw new Error(`${wrong} is bad`);
    this.done.push(...records);
    return records.map((record) => record * 10);
  };
}
