/** Does one thing after the other behind the back of whoever pushes them, who waits when too much is waiting already. */
export class PostStage<T> {
  readonly #work: (value: T) => Promise<void>;
  readonly #capacity: number;
  readonly #waiting: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** @param capacity - how many may be waiting or under way when `push` returns; 0 for none */
  constructor(work: (value: T) => Promise<void>, capacity: number) {
    this.#work = work;
    this.#capacity = capacity;
  }

  /** @throws what the work for an earlier value threw */
  async push(value: T): Promise<void> {
    this.#last = this.#last.then(() => this.#do(value));
    this.#waiting.push(this.#last);
    while (this.#waiting.length > this.#capacity) await this.#waiting.shift();
    this.#check();
  }

  /** Waits for everything that was pushed. */
  async end(): Promise<void> {
    await this.#last;
    this.#check();
  }

  /** Waits for everything that was pushed, whatever comes of it. */
  async drain(): Promise<void> {
    await this.#last;
  }

  /** Waits for what is under way and lets the rest be. */
  async giveUp(): Promise<void> {
    this.#failure ??= { error: undefined };
    await this.#last;
  }

  async #do(value: T): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#work(value);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
