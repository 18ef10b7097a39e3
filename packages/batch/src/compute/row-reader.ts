import { type AnyMapping, type Execute, type Field, type KeyTexts, retrying, type TextRow } from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import type { RawBuilder } from 'kysely';
import type { EngineCall } from '../engine/engine-call.js';
import { keyArrays } from '../statements/column-arrays.js';
import { harmless } from '../statements/harmless.js';
import { findRows } from '../statements/key-statements.js';
import { recorded } from '../workspace/recorded.js';
import { executeSql, pageQuery } from './scan-queries.js';

/** What a {@link RowReader} reads from. */
export interface RowReaderOptions {
  readonly mapping: AnyMapping;
  readonly db: Queryable;
  readonly call: EngineCall;
  /** What runs statements in the transaction of the call, while that is open. */
  readonly inside?: (() => Execute | undefined) | undefined;
}

/** Reads the rows of a call that are to be computed: again, where a failure may pass. */
export class RowReader {
  readonly #options: RowReaderOptions;
  readonly #outside: Execute;

  constructor(options: RowReaderOptions) {
    const { db, call } = options;
    this.#options = options;
    this.#outside = recorded(db, call.deadline.signal, call.recorder);
  }

  /** Whether no transaction is open that a failure would end. */
  get isFree(): boolean {
    const { db, inside } = this.#options;
    return !db.isTransaction && inside?.() === undefined;
  }

  /** The rows of some keys, in their order. */
  byKey(keys: readonly KeyTexts[]): Promise<(TextRow | undefined)[]> {
    const { mapping } = this.#options;
    const arrays = keyArrays(mapping, keys);
    return this.#read((execute) => findRows(execute, mapping, mapping.keyFields, arrays, keys.length));
  }

  /** The rows after a key, at most so many of them. */
  async page(
    fields: readonly Field[],
    condition: RawBuilder<unknown>,
    after: KeyTexts | undefined,
    limit: number,
  ): Promise<readonly TextRow[]> {
    const { mapping, db } = this.#options;
    const query = pageQuery(mapping, { fields, condition, after, limit });
    const { rows } = await this.#read((execute) => executeSql(execute, db, query));
    return rows;
  }

  #read<T>(run: (execute: Execute) => Promise<T>): Promise<T> {
    const { call, inside } = this.#options;
    if (!this.isFree) return run(inside?.() ?? this.#outside);
    const { retry: policy, deadline, recorder } = call;
    const onRetry = recorder.retried.bind(recorder);
    return retrying({ policy, deadline, idempotent: true, onRetry }, () =>
      run(this.#outside).catch((error: unknown) => {
        throw harmless(error);
      }),
    );
  }
}
