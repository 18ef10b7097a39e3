import { type Queryable, scopeOf } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { type KeyTexts, keyText } from '../mapping/key.js';
import type { WriteKind, WriteObserver } from './write-observer.js';

/**
 * Tells the observers of a write: at once when it has been committed by itself, at the end of the transaction that it
 * was made in, never when that is rolled back.
 */
export async function publishWrite(
  db: Queryable,
  observers: readonly WriteObserver[],
  mapping: AnyMapping,
  kind: WriteKind,
  keys: readonly KeyTexts[],
): Promise<void> {
  if (observers.length === 0 || keys.length === 0) return;
  const event = { table: mapping.tableName, keys: mapping.hasTextKey ? keys.map(keyText) : ('all' as const), kind };
  const publish = (outcome: 'committed' | 'unknown') => {
    for (const observer of observers) observer.written({ ...event, outcome });
  };
  const scope = await scopeOf(db);
  if (scope === undefined) return publish('committed');
  scope.onEnd((outcome) => {
    if (outcome !== 'rolled-back') publish(outcome);
  });
}
