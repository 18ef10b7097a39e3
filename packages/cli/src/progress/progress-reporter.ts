import type { OutputStream } from '../frame/surroundings.js';
import { progressText } from './progress-text.js';
import { RateWindow } from './rate-window.js';

/** How often a terminal is drawn, and a line is written elsewhere, in ms. */
const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;

/** What a {@link ProgressReporter} tells of. */
export interface ProgressOptions {
  /** What is being done, such as `importing`. */
  readonly label: string;
  /** How many there are, where that is known beforehand. */
  readonly total?: number | undefined;
  /** How a number of what is counted is written; as `171,075 rows` if not said. */
  readonly written?: (value: number) => string;
  readonly now: () => number;
}

/** How far it is by now. */
export interface ProgressUpdate {
  readonly done: number;
  readonly failed?: number | undefined;
  /** What part of it is done, from 0 to 1, where something else than the total tells: the bytes of a file, say. */
  readonly fraction?: number | undefined;
}

/**
 * Tells how far something is, how fast it goes, how long it will take, and how much of it failed: on one line that is
 * drawn over and over where a person watches, and elsewhere, such as in a pipe or a log, by a line every 10 s. A small one
 * of our own: `cli-progress` has had no release since 2023, and newer ones want a later Node.
 *
 * It takes the time from `now` when it is told of something, and sets no timers.
 *
 * @example
 * ```ts
 * const progress = new ProgressReporter(stderr, { label: 'importing', total: 171_075, now: () => performance.now() });
 * progress.update({ done: 77_000, failed: 3 });
 * progress.finish();
 * ```
 */
export class ProgressReporter {
  readonly #stream: OutputStream;
  readonly #options: ProgressOptions;
  readonly #rate: RateWindow;
  #shownAt: number;
  #isDrawn = false;

  constructor(stream: OutputStream, options: ProgressOptions) {
    this.#stream = stream;
    this.#options = options;
    const begun = options.now();
    this.#rate = new RateWindow(begun);
    this.#shownAt = begun;
  }

  /** Tells of it, if it is time. */
  update(update: ProgressUpdate): void {
    const at = this.#options.now();
    if (at - this.#shownAt < (this.#isTerminal ? DRAW_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownAt = at;
    this.#rate.add(at, update.done);
    const text = this.#textOf(update);
    if (this.#isTerminal) this.#draw(text);
    else this.#stream.write(`${text}\n`);
  }

  /** Writes a line of something else, above what is drawn. */
  note(line: string): void {
    this.finish();
    this.#stream.write(`${line}\n`);
  }

  /** Takes away what is drawn; safe to call again, and to go on after. */
  finish(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    this.#stream.write('\r\u001b[2K');
  }

  get #isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  #draw(text: string): void {
    this.#isDrawn = true;
    // A line that is broken by the terminal could not be drawn over.
    // One that does not know how wide it is says 0.
    const room = (this.#stream.columns || 80) - 1;
    this.#stream.write(`\r\u001b[2K${text.slice(0, room)}`);
  }

  #textOf({ done, failed = 0, fraction }: ProgressUpdate): string {
    const { label, total, written } = this.#options;
    const known = fraction ?? (total ? Math.min(1, done / total) : undefined);
    return progressText({ label, done, total, fraction: known, perSecond: this.#rate.perSecond, failed, written });
  }
}
