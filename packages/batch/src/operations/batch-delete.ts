import type { AnyMapping } from '@uno/domain';
import { executeText } from '@uno/postgres';
import { chunksOf, type WorkUnit } from '../execution/work-unit.js';
import type { WorkItem } from '../shapes/work-item.js';
import { keyArrays } from '../statements/column-arrays.js';
import { deleteStatement } from '../statements/key-statements.js';

/** Statements that delete by key, and give the number of rows that are gone. */
export function deleteUnits(mapping: AnyMapping, items: readonly WorkItem[], size: number): WorkUnit<number>[] {
  return chunksOf(items, size).map((chunk) => ({
    items: chunk,
    isOneStatement: () => true,
    async write(db, part) {
      const keys = part.map((item) => item.key ?? []);
      return [(await executeText(db, deleteStatement(mapping), keyArrays(mapping, keys))).affected];
    },
  }));
}
