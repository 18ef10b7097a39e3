import { AsyncLocalStorage } from 'node:async_hooks';
import { TransactionLevel } from './transaction-level.js';
import type { TransactionScope } from './transaction-scope.js';

/** The levels that the current asynchronous call is inside of, innermost first; it may be in several transactions. */
interface Position {
  readonly scope: TransactionScope;
  readonly level: TransactionLevel;
  readonly outer: Position | undefined;
}

const position = new AsyncLocalStorage<Position>();

/** The level of a transaction on which the current asynchronous call is. */
export function currentLevel(scope: TransactionScope): TransactionLevel {
  for (let at = position.getStore(); at !== undefined; at = at.outer) {
    if (at.scope === scope) return at.level;
  }
  return scope.level;
}

/** Runs a function on a new level of a transaction, and waits until all that it began there is over. */
export async function onNewLevel<T>(scope: TransactionScope, run: () => Promise<T>): Promise<T> {
  const level = new TransactionLevel();
  try {
    return await position.run({ scope, level, outer: position.getStore() }, run);
  } finally {
    await level.quietAndClose();
  }
}
