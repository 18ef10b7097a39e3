import type { AnyMapping, BatchPort, RecordOperations } from '@uno/domain';

/** What a batch operation is called with. */
export interface PortCall {
  readonly operation: keyof RecordOperations<AnyMapping>;
  readonly input: readonly unknown[];
  readonly options: object | undefined;
}

/** A batch port of which every operation fails in the same way; it writes down what it was asked. */
export class BrokenPort implements BatchPort {
  readonly calls: PortCall[] = [];
  readonly #fail: () => Promise<never>;

  constructor(fail: () => Promise<never>) {
    this.#fail = fail;
  }

  operations<M extends AnyMapping>(): RecordOperations<M> {
    const failing = (operation: PortCall['operation']) => (input: readonly unknown[], options?: object) => {
      this.calls.push({ operation, input, options });
      return this.#fail();
    };
    return {
      batchGet: failing('batchGet'),
      batchInsert: failing('batchInsert'),
      batchUpdate: failing('batchUpdate'),
      batchDelete: failing('batchDelete'),
    };
  }
}
