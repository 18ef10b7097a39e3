import { keyText } from '@uno/domain';
import { indexOf, type WorkItem } from '../shapes/work-item.js';

/** A record for an error: its position in the caller's input and its key. */
export function nameOf(item: WorkItem): { readonly index: number; readonly key: string | undefined } {
  return { index: indexOf(item), key: item.key && keyText(item.key) };
}
