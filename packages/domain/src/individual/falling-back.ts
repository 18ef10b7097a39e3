import { UnoError } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { KeyOf, Loaded, NewRecord, RecordPatch, UpdatableField } from '../mapping/inferred-types.js';
import type { PortWriteOptions, RecordOperations, WithModels } from '../ports/batch-port.js';
import type { BatchCallOptions } from '../ports/call-options.js';
import type { WithOutcomes, WriteResult } from '../ports/record-outcome.js';

/**
 * The operations of a batch port, and individual ones for when the port itself breaks: when it throws what is no error
 * of uno. It has written nothing then, as everything that it does is undone by what it throws, or told by a
 * {@link BatchError}.
 */
export class FallingBack<M extends AnyMapping> implements RecordOperations<M> {
  readonly #batch: () => RecordOperations<M>;
  readonly #individual: () => RecordOperations<M>;

  constructor(batch: () => RecordOperations<M>, individual: () => RecordOperations<M>) {
    this.#batch = batch;
    this.#individual = individual;
  }

  batchGet(keys: readonly KeyOf<M>[], options?: BatchCallOptions): Promise<(Loaded<M> | undefined)[]> {
    return this.#either('batchGet', (operations) => operations.batchGet(keys, options));
  }

  batchInsert(
    records: readonly NewRecord<M>[],
    options: PortWriteOptions & { readonly returnModels: true },
  ): Promise<WriteResult & WithModels<M> & Partial<WithOutcomes>> {
    return this.#write('batchInsert', (operations) => operations.batchInsert(records, options));
  }

  batchUpdate(
    records: readonly RecordPatch<M>[],
    options: PortWriteOptions & { readonly fields?: readonly UpdatableField<M>[] | undefined },
  ): Promise<WriteResult & Partial<WithOutcomes>> {
    return this.#write('batchUpdate', (operations) => operations.batchUpdate(records, options));
  }

  batchDelete(keys: readonly KeyOf<M>[], options: PortWriteOptions): Promise<WriteResult & Partial<WithOutcomes>> {
    return this.#write('batchDelete', (operations) => operations.batchDelete(keys, options));
  }

  #write<R extends WriteResult>(operation: string, run: (operations: RecordOperations<M>) => Promise<R>): Promise<R> {
    return this.#either(operation, run, (result) => ({ ...result, individually: result.total - result.failed }));
  }

  async #either<T>(
    operation: string,
    run: (operations: RecordOperations<M>) => Promise<T>,
    mark: (result: T) => T = (result) => result,
  ): Promise<T> {
    try {
      return await run(this.#batch());
    } catch (error) {
      if (UnoError.is(error)) throw error;
      const result = await run(this.#individual());
      process.emitWarning(`${operation}: the batch operations broke, and the records were done one by one.`, {
        type: 'UnoWarning',
        code: 'UNO_FALLBACK',
        detail: whereItBroke(error),
      });
      return mark(result);
    }
  }
}

/** The name of an error and where it was thrown, without its message, which may quote a record. */
function whereItBroke(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return [error.name, ...frames].join('\n');
}
