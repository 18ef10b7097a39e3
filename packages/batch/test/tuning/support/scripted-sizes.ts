import type { ChunkSizes } from '../../../src/tuning/chunk-sizes.js';

/** Gives the next size of a list whenever a chunk has come back, and remembers what it was told. */
export class ScriptedSizes implements ChunkSizes {
  readonly says = 'a script';
  readonly isTuned = true;
  readonly mostAtOnce = Number.POSITIVE_INFINITY;
  readonly done: ChunkSizes['done'];
  /** Records of the chunks that came back. */
  readonly told: number[] = [];
  waits = 0;
  readonly #script: readonly number[];

  constructor(...script: readonly number[]) {
    this.#script = script;
    this.done = (records, elapsedMs) => {
      if (!(elapsedMs >= 0)) throw new Error('A chunk took no time.');
      this.told.push(records);
    };
  }

  sizeFor(): number {
    return this.#script[Math.min(this.told.length, this.#script.length - 1)] ?? 1;
  }

  waited(): void {
    this.waits++;
  }

  tooMuch(): undefined {
    return undefined;
  }
}
