import { ExitCode } from './exit-code.js';

/** Why a command has to end before it is done. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;
  /** Whether nobody is there to be told. */
  readonly isSilent: boolean;

  constructor(why: string, exitCode: number, isSilent = false) {
    super(why);
    this.exitCode = exitCode;
    this.isSilent = isSilent;
  }
}

/** What a shell reports of a program that a signal has ended: 128 and the signal's number. */
const signals = { SIGINT: ExitCode.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;

/** Whether a write failed because nobody reads any more, as in `uno export city | head`. */
export function isBrokenPipe(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPIPE';
}

/** Whoever reads has what they wanted: that is no failure. */
function nobodyReads(): Interruption {
  return new Interruption('Nobody reads the output any more.', ExitCode.done, true);
}

/**
 * Turns the signals of the process, and the end of whoever reads its output, into the abortion of an AbortSignal, so that
 * everything is taken down in order. A second Ctrl-C ends the process at once.
 */
export function listenForInterruption(process: NodeJS.Process): AbortSignal & Disposable {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (name: (typeof names)[number]): void => {
    if (controller.signal.aborted && name === 'SIGINT') process.exit(signals.SIGINT);
    controller.abort(new Interruption(`Interrupted by ${name}.`, signals[name]));
  };
  for (const name of names) process.on(name, onSignal);
  // Without a listener, an output that nobody reads would be an uncaught exception.
  process.stdout.on('error', (error) => {
    if (isBrokenPipe(error)) controller.abort(nobodyReads());
  });
  process.stderr.on('error', () => {});
  return Object.assign(controller.signal, {
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, onSignal);
    },
  });
}
