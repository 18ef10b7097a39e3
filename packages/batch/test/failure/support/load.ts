/** Crates with ids from `from` on, of which those at the given positions weigh 13, which the table refuses. */
export function load(count: number, bad: readonly number[] = [], from = 1): { id: number; weight: number }[] {
  const wrong = new Set(bad);
  return Array.from({ length: count }, (_, i) => ({ id: from + i, weight: wrong.has(i) ? 13 : 1 }));
}

/** `from` to `to`, both included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}
