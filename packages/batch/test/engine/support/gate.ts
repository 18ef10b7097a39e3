/** A promise that somebody else settles. */
export class Gate {
  readonly passed: Promise<void>;
  #open: () => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor() {
    this.passed = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#fail = reject;
    });
    this.passed.catch(() => undefined);
  }

  open(): void {
    this.#open();
  }

  fail(error: unknown): void {
    this.#fail(error);
  }
}
