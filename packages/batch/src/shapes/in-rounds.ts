import { keyText } from '@uno/domain';
import type { WorkItem } from './work-item.js';

/** The items in rounds in which no key comes twice: the first of every key, then the second, and so on. */
export function inRounds(items: readonly WorkItem[]): readonly (readonly WorkItem[])[] {
  const rounds: WorkItem[][] = [];
  const times = new Map<string, number>();
  for (const item of items) {
    const text = keyText(item.key ?? []);
    const time = times.get(text) ?? 0;
    times.set(text, time + 1);
    const round = rounds[time];
    if (round === undefined) rounds.push([item]);
    else round.push(item);
  }
  return rounds;
}
