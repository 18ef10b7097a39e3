import type { AnyMapping } from '@uno/domain';
import type { ComputeTarget } from '../compute/compute-plan.js';
import type { CallMaking } from '../engine/with-call.js';
import type { BatchSource } from '../source/batch-source.js';

/** What a call of an operation is made of, besides its options. */
export function callMaking<M extends AnyMapping>(
  { mapping, db, config, metrics }: ComputeTarget<M>,
  operation: string,
  source: BatchSource<unknown>,
): CallMaking {
  return {
    operation,
    name: mapping.name,
    table: mapping.tableName,
    config,
    metrics,
    inTransaction: db.isTransaction,
    total: Array.isArray(source) ? source.length : undefined,
  };
}
