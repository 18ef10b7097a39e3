import { type Queryable, scopeOf, type TransactionOutcome, type TransactionScope } from '../../src/index.js';

/** Notes how the transaction of a query's object ends. */
export async function watch(on: Queryable, outcomes: TransactionOutcome[]): Promise<TransactionScope | undefined> {
  const scope = await scopeOf(on);
  scope?.onEnd((outcome) => outcomes.push(outcome));
  return scope;
}
