/** Where the program speaks: the slice of a stream that it needs. */
export interface Output {
  /** Whether a person watches, so that lines may be drawn over. */
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const integers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `171,075`. */
export function count(value: number): string {
  return integers.format(value);
}

/** `1,234 ms`. */
export function milliseconds(value: number): string {
  return `${integers.format(value)} ms`;
}
