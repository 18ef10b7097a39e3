import type { SettledItem, Written } from '../operations/write-account.js';

/** What came of the items that were written, and of those for which there was nothing to write. */
export function withAside(written: Written, aside: readonly SettledItem[]): Written {
  if (aside.length === 0) return written;
  if ('settled' in written) return { ...written, settled: [...written.settled, ...aside] };
  const counts = { ...written.counts };
  for (const { status } of aside) counts[status] = (counts[status] ?? 0) + 1;
  return { ...written, counts };
}
