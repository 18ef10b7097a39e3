import { type BatchConfig, BatchOperations, type BatchSource } from '@uno/batch';
import type { Queryable } from '@uno/postgres';
import { range } from '../../failure/support/load.js';
import { type CrateRow, crates, type Yard } from '../../failure/support/yard.js';

/** Crates 1 to `count`, each of which weighs a hundred times its id. */
export function someCrates(count: number): CrateRow[] {
  return range(1, count).map((id) => ({ id, label: null, weight: id * 100, note: 'none', dockId: 1 }));
}

export function crateOperations(yard: Yard, config: BatchConfig = {}, db: Queryable = yard.db) {
  return new BatchOperations({ table: crates, db, config });
}

/** The three ways in which keys may come. */
export const keySources: readonly (readonly [string, (keys: readonly number[]) => BatchSource<number>])[] = [
  ['an array', (keys) => keys],
  ['an iterable', (keys) => keys.values()],
  [
    'an async iterable',
    async function* (keys) {
      yield* keys;
    },
  ],
];

/** The statements of a yard that read or write crates, by their first word; transactions and sessions are left out. */
export function crateStatements({ statements }: Yard): string[] {
  return statements.filter((text) => text.includes('"crate"')).map((text) => text.trimStart().split(' ')[0] ?? '');
}
