import { Readable } from 'node:stream';
import type { BatchOperations, BatchSource, BatchWriteCall } from '@uno/batch';
import type { WithOutcomes, WriteResult } from '@uno/domain';
import type { Cargo, Kind } from './cargo-model.js';
import type { crates } from './yard.js';

export type SourceKind = 'array' | 'generator' | 'stream';

/** What is given to an operation: the records, or for a delete their keys. Some are wrong on purpose, whatever the type says. */
export function inputOf(kind: Kind, records: readonly Cargo[]): readonly never[] {
  const input: readonly unknown[] = kind === 'delete' ? records.map(({ id = 'no key' }) => id) : records;
  return input as readonly never[];
}

/** The same in one of the ways in which it may be given. */
export function given(source: SourceKind, input: readonly never[]): BatchSource<never> {
  if (source === 'array') return input;
  const one = (async function* () {
    yield* input;
  })();
  // A stream does not say of what.
  return source === 'stream' ? (Readable.from(one) as AsyncIterable<unknown> as AsyncIterable<never>) : one;
}

/** One of the four writes. */
export function write(
  operations: BatchOperations<typeof crates>,
  { kind, by }: { readonly kind: Kind; readonly by: 'id' | 'label' },
  source: BatchSource<never>,
  { outcomes, ...options }: BatchWriteCall,
): Promise<WriteResult & Partial<WithOutcomes>> {
  const constraintColumns = [by];
  switch (kind) {
    case 'insert':
      return outcomes
        ? operations.batchInsert(source, { ...options, outcomes })
        : operations.batchInsert(source, options);
    case 'update':
      return outcomes
        ? operations.batchUpdate(source, { ...options, outcomes })
        : operations.batchUpdate(source, options);
    case 'upsert':
      return outcomes
        ? operations.batchUpsert(source, { ...options, constraintColumns, outcomes })
        : operations.batchUpsert(source, { ...options, constraintColumns });
    case 'delete':
      return outcomes
        ? operations.batchDelete(source, { ...options, outcomes })
        : operations.batchDelete(source, options);
  }
}
