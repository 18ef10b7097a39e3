import { type AnyMapping, encodeKey, type KeyTexts, keyOfKey, keyText } from '@uno/domain';
import type { ComputePlan } from '../compute/compute-plan.js';
import { lockQuery } from '../compute/scan-queries.js';
import type { Prepared, Verdict } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import { keyArrays } from '../statements/column-arrays.js';
import { distinctStep } from '../statements/distinct-keys.js';
import { updateStatement } from '../statements/update-statement.js';
import { judgeWrite } from '../workspace/judge.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { PlannedJob, PlannedPlace } from './planned-job.js';
import { RehearsedAccount } from './rehearsed-job.js';

/** A row that would be computed. */
export interface ComputedKey {
  readonly index: number;
  readonly key: KeyTexts;
}

type Steps = readonly Step[];

/**
 * A call of `batchCompute` without its function: what is written depends on what that would give, so that it is known how
 * it is written and not what.
 */
export class ComputeRehearsal<M extends AnyMapping, R>
  implements PlannedJob<ComputedKey, Steps, RehearsedAccount<ComputedKey>>
{
  readonly isIdempotent: boolean;
  readonly workspace: PlannedPlace;
  /** The function is called where records are pre-processed, unless their rows are locked first. */
  readonly preProcess?: (record: unknown) => unknown;
  readonly postProcess?: () => Promise<void>;
  readonly alone?: () => Promise<Steps>;
  readonly otherWay?: () => undefined;
  readonly #plan: ComputePlan<M, R>;
  readonly #requireKeys: () => void;

  /** @param requireKeys - throws when one of the keys that are there already is none */
  constructor(plan: ComputePlan<M, R>, workspace: PlannedPlace, requireKeys: () => void) {
    const { writing, options, config } = plan;
    const { lock = false, onResult } = options;
    const isWritten = writing !== undefined;
    this.#plan = plan;
    this.#requireKeys = requireKeys;
    this.workspace = workspace;
    this.isIdempotent = !lock;
    if (!lock) this.preProcess = (record) => record;
    // It is known that there are these ways; they are not gone.
    if (isWritten) {
      this.alone = async () => [];
      this.otherWay = () => undefined;
    }
    const isWatched = isWritten ? config.postProcess !== undefined : onResult !== undefined;
    if (isWatched) this.postProcess = async () => undefined;
  }

  async ready(): Promise<void> {
    this.#requireKeys();
  }

  read({ record, index }: Entry<unknown>): ComputedKey {
    return { index, key: encodeKey(this.#plan.mapping, record, index) };
  }

  partsOf(item: ComputedKey): readonly ComputedKey[] {
    return [item];
  }

  indicesOf({ index }: ComputedKey): readonly number[] {
    return [index];
  }

  keyOfItem({ key }: ComputedKey): string {
    return keyText(key);
  }

  keyOfRecord(record: unknown): string | undefined {
    return keyOfKey(this.#plan.mapping, record);
  }

  /** Whether chunks meet makes no difference to what is sent. */
  identityOf(): undefined {
    return undefined;
  }

  prepare(items: readonly ComputedKey[]): Prepared<WriteSession, Steps> {
    const { options, writing } = this.#plan;
    const { lock = false } = options;
    return {
      isOneStatement: !lock,
      steps: () => [...(lock ? this.#lockSteps(items) : []), ...(writing === undefined ? [] : this.#writeSteps(items))],
      send: async () => [],
    };
  }

  judge(error: unknown): Verdict {
    return judgeWrite(error);
  }

  newAccount(): RehearsedAccount<ComputedKey> {
    return new RehearsedAccount(({ index }) => [index]);
  }

  merge(into: RehearsedAccount<ComputedKey>, part: RehearsedAccount<ComputedKey>): void {
    into.take(part);
  }

  #lockSteps(items: readonly ComputedKey[]): Steps {
    const { mapping, condition, db } = this.#plan;
    const keys = items.map(({ key }) => key);
    const { sql, parameters } = lockQuery(mapping, condition, keyArrays(mapping, keys)).compile(db);
    const why = 'rows are read and locked in the transaction that writes them';
    return [
      { way: 'aside', why, sql, parameters: parameters.length, times: 1, indices: items.map(({ index }) => index) },
    ];
  }

  /** Which rows are written, and which of their fields, is for the function to say. */
  #writeSteps(items: readonly ComputedKey[]): Steps {
    const { mapping, writing } = this.#plan;
    if (writing === undefined) return [];
    const { allowed } = writing;
    const indices = items.map(({ index }) => index);
    const fields = allowed.map(({ property }) => property).join(', ');
    const update: Step = {
      way: 'unnest',
      why: 'only records that were not written come back',
      sql: updateStatement(mapping, writing, allowed).sql,
      parameters: mapping.keyFields.length + allowed.length,
      times: 1,
      indices,
      onlyIf: `the function gives exactly ${fields}; every other set of fields has a statement of its own`,
    };
    if (mapping.hasTextKey) return [update];
    return [{ ...distinctStep(mapping, mapping.keyFields, indices), onlyIf: 'more than one row is changed' }, update];
  }
}
