/** Someone wants the program to stop: a signal, or nobody reads its output any more. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** What a shell reports for a program that ended so. */
  readonly exitCode: number;

  constructor(why: string, exitCode: number) {
    super(`Interrupted (${why}).`);
    this.exitCode = exitCode;
  }
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const brokenPipeCode = 141;

/**
 * Turns signals into the abortion of an AbortSignal, so that everything is taken down in order. A second Ctrl-C ends
 * the process at once; the server is cleaned up even then, by a process of its own.
 */
export function listenForInterruption(output: NodeJS.EventEmitter): AbortSignal & Disposable {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (name: (typeof names)[number]) => {
    if (controller.signal.aborted && name === 'SIGINT') process.exit(exitCodes.SIGINT);
    controller.abort(new Interrupted(name, exitCodes[name]));
  };
  const onOutputError = (error: NodeJS.ErrnoException) => {
    // Such as `npm start | head -1`. Without a listener it is an uncaught exception.
    if (error.code === 'EPIPE') controller.abort(new Interrupted('nobody reads the output', brokenPipeCode));
  };
  for (const name of names) process.on(name, onSignal);
  output.on('error', onOutputError);
  return Object.assign(controller.signal, {
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, onSignal);
    },
  });
}

/** Settles when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
