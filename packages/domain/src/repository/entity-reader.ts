import type { RepositorySettings } from '../context/repository-settings.js';
import type { UnoContext } from '../context/uno-context.js';
import { FallingBack } from '../individual/falling-back.js';
import { IndividualOperations } from '../individual/individual-operations.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { KeyOf, Loaded } from '../mapping/inferred-types.js';
import { encodeEntityKey, encodeKey, type KeyTexts, keyText } from '../mapping/key.js';
import { encodeKeys } from '../operations/inputs.js';
import type { PortDefaults, RecordOperations } from '../ports/batch-port.js';
import type { BatchCallOptions } from '../ports/call-options.js';
import type { EntityCacheRegion } from '../ports/entity-cache.js';
import type { LockClause } from '../query/row-lock.js';

/** How entities are read by their keys. */
export interface ReadOptions extends BatchCallOptions {
  readonly useBatchOperations?: boolean | undefined;
  readonly useCache?: boolean | undefined;
}

/** Reads and writes one mapping by key through whatever the context offers: the batch port, the cache, or neither. */
export class EntityReader<M extends AnyMapping> {
  readonly #context: UnoContext;
  readonly #mapping: M;
  readonly #settings: RepositorySettings;

  constructor(context: UnoContext, mapping: M, settings: RepositorySettings) {
    this.#context = context;
    this.#mapping = mapping;
    this.#settings = settings;
  }

  /**
   * One statement a record, on the caller's transaction if there is one.
   *
   * @param defaults - what batches go by
   */
  individual(defaults?: PortDefaults): IndividualOperations<M> {
    return new IndividualOperations({
      mapping: this.#mapping,
      db: this.#context.current(),
      observers: this.#context.observers,
      concurrency: this.#context.readConcurrency,
      defaults,
    });
  }

  /**
   * The batch port's operations where it is there and wanted, else the individual ones.
   *
   * @param isCached - whether what is read goes to the cache
   */
  operations(options: Pick<ReadOptions, 'useBatchOperations'> = {}, isCached = false): RecordOperations<M> {
    const { batch } = this.#context;
    const wanted = options.useBatchOperations ?? this.#settings.useBatchOperations ?? true;
    if (batch === undefined || !wanted) return this.individual(batch?.defaults);
    const { observers } = this.#context;
    const request = { mapping: this.#mapping, db: this.#context.current(), observers, isCached };
    return new FallingBack(batch, request, (defaults) => this.individual(defaults));
  }

  /** One entity, from the cache if it is there. A lock needs a transaction, and there the cache is left out. */
  async one(key: KeyOf<M>, options: ReadOptions = {}, lock: LockClause = ''): Promise<Loaded<M> | undefined> {
    const [found] = await this.#through(
      options,
      [key],
      () => [encodeKey(this.#mapping, key)],
      async () => [await this.individual().get(key, lock)],
    );
    return found;
  }

  /** In the order of the keys; only what the cache does not have is read from the database, each row once. */
  many(keys: readonly KeyOf<M>[], options: ReadOptions = {}): Promise<(Loaded<M> | undefined)[]> {
    const { useBatchOperations, useCache, ...call } = options;
    return this.#through(
      options,
      keys,
      () => encodeKeys(this.#mapping, 'batchGet', keys),
      (missing, isCached) => this.operations({ useBatchOperations }, isCached).batchGet(missing, call),
    );
  }

  async #through(
    options: ReadOptions,
    keys: readonly KeyOf<M>[],
    encode: () => readonly KeyTexts[],
    read: (missing: readonly KeyOf<M>[], isCached: boolean) => Promise<(Loaded<M> | undefined)[]>,
  ): Promise<(Loaded<M> | undefined)[]> {
    const region = this.#region(options);
    if (region === undefined || keys.length === 0) return read(keys, region !== undefined);
    const texts = encode().map(keyText);
    const ticket = region.openTicket();
    try {
      const found = new Map<string, Loaded<M>>();
      for (const [i, snapshot] of (await region.lookup(texts)).entries()) {
        const text = texts[i];
        if (snapshot !== undefined && text !== undefined && !found.has(text)) {
          // `restore` of the generic M is seen as giving an object; without relations, Loaded<M> is just M's entity.
          found.set(text, this.#mapping.restore(snapshot) as Loaded<M>);
        }
      }
      const missing = new Map<string, KeyOf<M>>();
      keys.forEach((key, i) => {
        const text = texts[i];
        if (text !== undefined && !found.has(text)) missing.set(text, key);
      });
      if (missing.size > 0) {
        const rows = (await read([...missing.values()], true)).filter((row) => row !== undefined);
        const entries = rows.map((row) => [this.#textOf(row), row] as const);
        for (const [text, row] of entries) found.set(text, row);
        await ticket.fill(entries.map(([text, row]) => [text, this.#mapping.snapshot(row)] as const));
      }
      return texts.map((text) => found.get(text));
    } finally {
      ticket.close();
    }
  }

  /** Inside of a transaction the database alone knows what the transaction may see, so the cache is left out of it. */
  #region(options: ReadOptions): EntityCacheRegion | undefined {
    const wanted = options.useCache ?? this.#settings.useCache ?? true;
    if (!wanted || !this.#mapping.hasTextKey || this.#context.current().isTransaction) return undefined;
    return this.#context.cache?.region(this.#mapping);
  }

  #textOf(entity: Loaded<M>): string {
    return keyText(encodeEntityKey(this.#mapping, entity));
  }
}
