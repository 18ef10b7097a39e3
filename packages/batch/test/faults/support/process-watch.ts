import vm from 'node:vm';

/** The process of Node itself: the one that tests see is a copy of jest's, on which nothing is ever emitted. */
const realProcess: NodeJS.Process = vm.runInThisContext('process');

/** Keeps the warnings and the unhandled rejections of the process while a test file runs. */
export class ProcessWatch implements Disposable {
  readonly #seen: string[] = [];
  readonly #onWarning = (warning: Error) => {
    // Of jest's own making, and of those who run it.
    if (warning.name !== 'ExperimentalWarning') this.#seen.push(`warning: ${warning.message}`);
  };
  readonly #onRejection = (reason: unknown) => this.#seen.push(`unhandled rejection: ${String(reason)}`);

  constructor() {
    realProcess.on('warning', this.#onWarning);
    realProcess.on('unhandledRejection', this.#onRejection);
  }

  /** What has come up so far. Whatever is pending has come up when a timer runs. */
  async seen(): Promise<readonly string[]> {
    await new Promise(setImmediate);
    return this.#seen;
  }

  [Symbol.dispose](): void {
    realProcess.off('warning', this.#onWarning);
    realProcess.off('unhandledRejection', this.#onRejection);
  }
}
