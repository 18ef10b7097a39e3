import cliProgress from 'cli-progress';
import { count, type Output } from '../cli/output.js';

/** Tells how far one task is. */
export interface ProgressReporter {
  /** So many records are done by now. */
  reach(records: number): void;
  /** Whether the task ended well or not; safe to call again. */
  finish(): void;
}

/** A bar where a person watches; elsewhere, such as in a pipe or a CI log, a line about every tenth of the way. */
export function reportProgress(output: Output, label: string, total: number): ProgressReporter {
  return output.isTTY === true ? new BarReporter(output, label, total) : new LineReporter(output, label, total);
}

class BarReporter implements ProgressReporter {
  readonly #bar: cliProgress.SingleBar;

  constructor(output: Output, label: string, total: number) {
    this.#bar = new cliProgress.SingleBar(
      {
        format: `   ${label} {bar} {percentage} % | {value}/{total}`,
        formatValue: (value, _options, type) => (type === 'percentage' ? String(value).padStart(3) : count(value)),
        // It draws with the methods of a terminal, which an output that is one has.
        stream: output as NodeJS.WriteStream,
        barsize: 30,
        clearOnComplete: true,
        hideCursor: false,
        // Signals are the program's own business: it has a database to clean up.
        gracefulExit: false,
      },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(total, 0);
  }

  reach(records: number): void {
    this.#bar.update(records);
  }

  finish(): void {
    this.#bar.stop();
  }
}

class LineReporter implements ProgressReporter {
  readonly #output: Output;
  readonly #label: string;
  readonly #total: number;
  #tenths = 0;

  constructor(output: Output, label: string, total: number) {
    this.#output = output;
    this.#label = label;
    this.#total = total;
  }

  reach(records: number): void {
    const tenths = this.#total === 0 ? 10 : Math.floor((records / this.#total) * 10);
    if (tenths <= this.#tenths) return;
    this.#tenths = tenths;
    this.#output.write(`   ${this.#label} ${tenths * 10} % | ${count(records)}/${count(this.#total)}\n`);
  }

  finish(): void {}
}
