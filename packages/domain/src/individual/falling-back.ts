import { UnoError } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { KeyOf, Loaded, NewRecord, RecordPatch } from '../mapping/inferred-types.js';
import { Deadline } from '../operations/deadline.js';
import type {
  BatchPort,
  BatchPortRequest,
  FallbackCall,
  FallbackEnd,
  PortDefaults,
  PortUpdateOptions,
  PortWriteOptions,
  RecordOperations,
  WithModels,
} from '../ports/batch-port.js';
import type { BatchCallOptions } from '../ports/call-options.js';
import type { WithOutcomes, WriteResult } from '../ports/record-outcome.js';

type WhenToEnd = Pick<BatchCallOptions, 'timeoutMs' | 'signal'>;

/** A call of one of the operations. */
interface Call<O extends WhenToEnd> {
  readonly operation: string;
  readonly total: number;
  readonly options: O;
}

/**
 * The operations of a batch port, and individual ones for when the port itself breaks: when it throws what is no error
 * of uno. It has written nothing then, as everything that it does is undone by what it throws, or told by a
 * {@link BatchError}.
 */
export class FallingBack<M extends AnyMapping> implements RecordOperations<M> {
  readonly #port: BatchPort;
  readonly #request: BatchPortRequest<M>;
  readonly #individual: (defaults: PortDefaults) => RecordOperations<M>;

  constructor(
    port: BatchPort,
    request: BatchPortRequest<M>,
    individual: (defaults: PortDefaults) => RecordOperations<M>,
  ) {
    this.#port = port;
    this.#request = request;
    this.#individual = individual;
  }

  async batchGet(keys: readonly KeyOf<M>[], options: BatchCallOptions = {}): Promise<(Loaded<M> | undefined)[]> {
    const call = { operation: 'batchGet', total: keys.length, options };
    const run = (operations: RecordOperations<M>, said: BatchCallOptions) => operations.batchGet(keys, said);
    const { result } = await this.#either(call, run, () => ({ failed: 0, skipped: 0 }));
    return result;
  }

  batchInsert(
    records: readonly NewRecord<M>[],
    options: PortWriteOptions & { readonly returnModels: true },
  ): Promise<WriteResult & WithModels<M> & Partial<WithOutcomes>> {
    const call = { operation: 'batchInsert', total: records.length, options };
    return this.#write(call, (operations, said) => operations.batchInsert(records, said));
  }

  batchUpdate(
    records: readonly RecordPatch<M>[],
    options: PortUpdateOptions<M>,
  ): Promise<WriteResult & Partial<WithOutcomes>> {
    const call = { operation: 'batchUpdate', total: records.length, options };
    return this.#write(call, (operations, said) => operations.batchUpdate(records, said));
  }

  batchDelete(keys: readonly KeyOf<M>[], options: PortWriteOptions): Promise<WriteResult & Partial<WithOutcomes>> {
    const call = { operation: 'batchDelete', total: keys.length, options };
    return this.#write(call, (operations, said) => operations.batchDelete(keys, said));
  }

  async #write<O extends WhenToEnd, R extends WriteResult>(
    call: Call<O>,
    run: (operations: RecordOperations<M>, options: O) => Promise<R>,
  ): Promise<R> {
    const { result, fellBack } = await this.#either(call, run, ({ failed, skipped }) => ({ failed, skipped }));
    return fellBack ? { ...result, individually: result.total - result.failed } : result;
  }

  async #either<O extends WhenToEnd, T>(
    call: Call<O>,
    run: (operations: RecordOperations<M>, options: O) => Promise<T>,
    endOf: (result: T) => FallbackEnd,
  ): Promise<{ readonly result: T; readonly fellBack: boolean }> {
    const { operation, total, options } = call;
    const { defaults } = this.#port;
    const { timeoutMs = defaults?.timeoutMs, signal } = options;
    const deadline = new Deadline(operation, { timeoutMs, signal });
    try {
      return { result: await run(this.#port.operations(this.#request), options), fellBack: false };
    } catch (reason) {
      if (UnoError.is(reason)) throw reason;
      const about = { operation, mapping: this.#request.mapping, total, reason };
      const tell = this.#port.fallsBack?.(about) ?? warnOf(about);
      // The clock of the call is not set back.
      const rest: O = { ...options, timeoutMs: undefined, signal: deadline.signal };
      try {
        const result = await run(this.#individual({ ...defaults, timeoutMs: undefined }), rest);
        tell(endOf(result));
        return { result, fellBack: true };
      } catch (error) {
        tell({ failed: 0, skipped: 0, error });
        throw error;
      }
    } finally {
      deadline[Symbol.dispose]();
    }
  }
}

function warnOf({ operation, reason }: FallbackCall): (end: FallbackEnd) => void {
  return ({ error }) => {
    if (error !== undefined) return;
    process.emitWarning(`${operation}: the batch operations broke, and the records were done one by one.`, {
      type: 'UnoWarning',
      code: 'UNO_FALLBACK',
      detail: whereItBroke(reason),
    });
  };
}

/** The name of an error and where it was thrown, without its message, which may quote a record. */
function whereItBroke(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return [error.name, ...frames].join('\n');
}
