import type { Output } from '../../src/cli/output.js';

/** An output that keeps what it is told. */
export class RecordedOutput implements Output {
  readonly isTTY: boolean;
  text = '';

  constructor(options: { readonly isTTY: boolean } = { isTTY: false }) {
    this.isTTY = options.isTTY;
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}
