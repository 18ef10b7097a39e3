import type { Identity } from '@uno/domain';
import PQueue from 'p-queue';

/** Runs tasks side by side, never two with the same identity, and begins none after one has failed. */
export class WorkerQueue {
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #identities = new Set<Identity>();
  readonly #failures: { readonly number: number; readonly error: unknown }[] = [];
  #onFailure = () => {};

  /** Tasks that are under way. */
  get underWay(): number {
    return this.#queue.pending;
  }

  get hasFailed(): boolean {
    return this.#failures.length > 0;
  }

  /**
   * Waits until a task may begin: until no other has one of its identities, and fewer than `limit` are under way.
   *
   * @param limit - asked each time, since it may change
   */
  async untilFree(identities: readonly Identity[], limit: () => number): Promise<void> {
    while (this.underWay >= limit() || identities.some((identity) => this.#identities.has(identity))) {
      if (this.underWay === 0) return;
      await new Promise<void>((resolve) => this.#queue.once('next', resolve));
    }
  }

  /** Begins a task; call it when {@link untilFree} has come back. */
  begin(number: number, identities: readonly Identity[], task: () => Promise<void>): void {
    for (const identity of identities) this.#identities.add(identity);
    this.#queue.concurrency = this.underWay + 1;
    void this.#queue.add(async () => {
      try {
        await task();
      } catch (error) {
        this.#failures.push({ number, error });
        this.#onFailure();
      } finally {
        for (const identity of identities) this.#identities.delete(identity);
      }
    });
  }

  /** What comes of a promise; `undefined` when a task has failed or fails earlier. */
  async orFailure<T>(promise: Promise<T>): Promise<T | undefined> {
    const failure = new Promise<undefined>((resolve) => {
      this.#onFailure = () => resolve(undefined);
      if (this.hasFailed) resolve(undefined);
    });
    return Promise.race([failure, promise]);
  }

  /**
   * Waits until nothing is under way.
   *
   * @throws what the task with the smallest number failed with
   */
  async end(): Promise<void> {
    await this.#queue.onIdle();
    const [first] = this.#failures.toSorted((a, b) => a.number - b.number);
    if (first !== undefined) throw first.error;
  }
}
