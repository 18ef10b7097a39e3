import type { AnyMapping, WriteObserver } from '@uno/domain';

/**
 * Observers who, when they are told of a write, are told that any row of all these tables may be different. Each table is
 * told of by itself, so that one that makes an observer throw does not keep it from hearing of the others.
 */
export function observersOfTables(
  tables: readonly AnyMapping[],
  observers: readonly WriteObserver[],
): readonly WriteObserver[] {
  return tables.flatMap(({ tableName, keyFields }) => {
    const keyColumns = keyFields.map(({ column }) => column);
    return observers.map(
      (observer): WriteObserver => ({
        written: (event) => observer.written({ ...event, table: tableName, keyColumns, keys: 'all' }),
      }),
    );
  });
}
