import type { Logger } from '../../../src/metrics/logger.js';

/** A line that was logged. */
export interface Line {
  readonly level: 'info' | 'warn';
  readonly context: object;
  readonly message: string;
}

/** Keeps what is logged. */
export class KeepingLogger implements Logger {
  readonly lines: Line[] = [];

  info(context: object, message: string): void {
    this.lines.push({ level: 'info', context, message });
  }

  warn(context: object, message: string): void {
    this.lines.push({ level: 'warn', context, message });
  }
}
