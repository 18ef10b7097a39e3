import { atomically, ConfigError, isTransactionLost, type Queryable, type TextResult, UnoError } from '@uno/postgres';
import { PartialWriteError } from '../errors/partial-write-error.js';
import { executeOn } from '../individual/write-in-turn.js';
import type { TextRow } from '../mapping/entity-mapping.js';
import { decodeKey, type KeyTexts } from '../mapping/key.js';
import { checkRecord, readRecord } from '../mapping/record-reader.js';
import { updatableFields } from '../mapping/record-shape.js';
import { checkPlanned, plannedFields, updatePlan } from '../mapping/update-plan.js';
import { Deadline } from '../operations/deadline.js';
import { type RetryPolicy, retrying } from '../operations/retrying.js';
import { observeWrite, type WriteTarget } from '../ports/observe-write.js';
import type { WriteKind } from '../ports/write-observer.js';
import { restriction } from './restriction.js';
import { type RowWrite, rowDelete, rowUpdate, type WhereStatement, writeAll, writeChunk } from './row-write.js';
import type { UpdateWhereCall, WriteWhereOptions } from './where-options.js';

/**
 * So many keys are told to the observers of one statement; beyond, they are told that any row may be different. A cache
 * keeps no more of one table, unless it was told to.
 */
const mostKeys = 10_000;

/** A call that is under way. */
interface Call {
  readonly operation: string;
  readonly kind: WriteKind;
  readonly write: RowWrite;
  readonly deadline: Deadline;
}

/** What a chunk has come to. */
interface Chunk {
  readonly written: number;
  /** The key of its last row; `undefined` when there is nothing after it. */
  readonly next: KeyTexts | undefined;
}

/** Updates and deletes the rows that a filter finds, without reading them. */
export class WhereWriter {
  readonly #target: WriteTarget;
  readonly #policy: RetryPolicy;

  constructor(target: WriteTarget, policy: RetryPolicy) {
    this.#target = target;
    this.#policy = policy;
  }

  /** How many rows were written. */
  async update(filters: unknown, changes: unknown, options: UpdateWhereCall): Promise<number> {
    const operation = 'updateWhere';
    const { mapping, db } = this.#target;
    const condition = restriction(mapping, operation, filters, options.all ?? false);
    const plan = updatePlan(mapping, options);
    const input = readRecord(mapping, changes, undefined);
    const given = Object.keys(checkRecord(mapping, changes, undefined)).filter((property) => {
      const field = mapping.findField(property);
      return field === undefined || input.values[field.position] !== undefined;
    });
    updatableFields(mapping, given);
    if (plan.version !== undefined && given.includes(plan.version.property)) {
      throw new ConfigError(
        `${mapping.name}.${plan.version.property} is the version, which is only counted: it cannot be among the changes.`,
      );
    }
    // No row was read, so that there is no version that it could be asked for.
    checkPlanned(mapping, { ...plan, version: undefined }, input);
    const fields = plannedFields(plan, input);
    if (fields.length === 0) return 0;
    return this.#run(operation, 'update', rowUpdate(mapping, db, condition, plan, fields, input), options);
  }

  /** How many rows were removed. */
  async remove(filters: unknown, options: WriteWhereOptions): Promise<number> {
    const operation = 'removeWhere';
    const { mapping, db } = this.#target;
    const condition = restriction(mapping, operation, filters, options.all ?? false);
    return this.#run(operation, 'delete', rowDelete(mapping, db, condition), options);
  }

  async #run(operation: string, kind: WriteKind, write: RowWrite, options: WriteWhereOptions): Promise<number> {
    const deadline = new Deadline(operation, options);
    const call: Call = { operation, kind, write, deadline };
    try {
      deadline.check();
      return await (options.chunkSize === undefined ? this.#all(call) : this.#inChunks(call, options.chunkSize));
    } catch (error) {
      throw deadline.explain(error);
    } finally {
      deadline[Symbol.dispose]();
    }
  }

  #all(call: Call): Promise<number> {
    const { mapping, observers } = this.#target;
    const isTold = observers.length > 0 && mapping.hasTextKey;
    const statement = writeAll(mapping, call.write, isTold ? mostKeys + 1 : undefined);
    return this.#transaction(call, statement, ({ affected, rows }) => {
      if (!isTold) return { result: affected, keys: affected === 0 ? [] : 'all' };
      const result = Number(rows[0]?.[0] ?? 0);
      return { result, keys: result > mostKeys ? 'all' : rows.map(([, ...key]) => keyOf(key)) };
    });
  }

  async #inChunks(call: Call, size: number): Promise<number> {
    const { mapping, db } = this.#target;
    let written = 0;
    let after: KeyTexts | undefined;
    do {
      try {
        const chunk = await this.#chunk(call, after, size);
        written += chunk.written;
        after = chunk.next;
      } catch (error) {
        const cause = call.deadline.explain(error);
        // With a transaction of the caller's that is lost, the chunks before are undone as well.
        const isUndone = db.isTransaction && (await isTransactionLost(db));
        if (after === undefined || isUndone || !UnoError.is(cause)) throw cause;
        const { operation } = call;
        const lastKey = decodeKey(mapping, after);
        throw new PartialWriteError({ operation, entity: mapping.name, written, lastKey, cause });
      }
    } while (after !== undefined);
    return written;
  }

  #chunk(call: Call, after: KeyTexts | undefined, size: number): Promise<Chunk> {
    const { mapping } = this.#target;
    return this.#transaction(call, writeChunk(mapping, call.write, after, size), ({ rows }) => {
      const keys = rows.filter((row) => row.at(-1) === 't').map((row) => keyOf(row.slice(0, -1)));
      const last = rows.length < size ? undefined : rows.at(-1);
      return { result: { written: keys.length, next: last && keyOf(last.slice(0, -1)) }, keys };
    });
  }

  /** A transaction of the caller's is one that only the caller can repeat. */
  async #transaction<T>(
    { kind, deadline }: Call,
    { sql, parameters }: WhereStatement,
    resultOf: (result: TextResult) => { readonly result: T; readonly keys: readonly KeyTexts[] | 'all' },
  ): Promise<T> {
    const { db } = this.#target;
    const { signal } = deadline;
    const run = async (transaction: Queryable) => resultOf(await executeOn(transaction, signal)({ sql }, parameters));
    const once = () => observeWrite(this.#target, kind, () => atomically(db, run, { signal, writes: true }));
    if (db.isTransaction) return once();
    return retrying({ policy: this.#policy, deadline, idempotent: false }, once);
  }
}

/** The key of a row that was found by it: no part of it is NULL. */
function keyOf(texts: TextRow): KeyTexts {
  return texts.map((text) => text ?? '');
}
