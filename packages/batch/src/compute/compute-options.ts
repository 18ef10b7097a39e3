import {
  type AnyMapping,
  type BatchCallOptions,
  type BatchWriteOptions,
  callback,
  checkOptions,
  flag,
  type Loaded,
  type OptionRules,
  type UpdatableField,
  wholeNumberFrom,
  writeOptionRules,
} from '@uno/domain';
import { ConfigError, kindOf } from '@uno/postgres';
import type { BatchWriteCall } from '../operations/batch-options.js';
import type { ComputeSource } from './compute-types.js';

/** What both ways of computing take. */
interface Computing {
  /**
   * Calls of the function that are under way at a time, at most, from 1; the `maxWorkers` of the configuration if not said.
   * Under `parallel` also chunks that are written side by side.
   */
  readonly concurrency?: number | undefined;
}

/** Options of a `batchCompute` that writes nothing. */
export interface BatchComputeOptions<M extends AnyMapping, R>
  extends Omit<BatchCallOptions, 'optimizeForSize'>,
    Computing,
    Pick<BatchWriteOptions, 'onRecordError' | 'maxFailures'> {
  /**
   * Takes the values, in the order of the source and one at a time, instead of `results`: memory does not grow with their
   * number then. It is waited for. What it throws fails the call.
   */
  readonly onResult?: ((value: R, entity: Loaded<M>, index: number) => void | PromiseLike<void>) | undefined;
  readonly writeBack?: false | undefined;
}

/** Options of a `batchCompute` that writes the values back. */
export interface BatchWriteBackOptions<M extends AnyMapping>
  extends Omit<BatchWriteCall, 'optimizeForSize'>,
    Computing {
  /** The values are changes of their rows: `true` writes all their fields, a list only these. */
  readonly writeBack: true | readonly UpdatableField<M>[];
  /**
   * `true` reads the rows of a chunk in the transaction that writes it, and locks them (`for no key update`), so that
   * nobody else can change them in between. The transaction is open while they are computed.
   */
  readonly lock?: boolean | undefined;
  /** `true` gives the values, too. */
  readonly returnResults?: boolean | undefined;
}

/** Either of them, before it is known which. */
export interface AnyComputeOptions<M extends AnyMapping, R>
  extends Omit<BatchWriteBackOptions<M>, 'writeBack'>,
    Pick<BatchComputeOptions<M, R>, 'onResult'> {
  readonly writeBack?: boolean | readonly UpdatableField<M>[] | undefined;
}

/** A chunk is a page of rows, which is read before anything is known of them. */
const { optimizeForSize: _, ...ofChunks } = writeOptionRules;

export const computeRules: OptionRules<AnyComputeOptions<AnyMapping, unknown>> = {
  ...ofChunks,
  outcomes: flag,
  concurrency: wholeNumberFrom(1),
  onResult: callback,
  writeBack: {
    takes: 'true, false or a list of fields',
    allows: (value) => typeof value === 'boolean' || Array.isArray(value),
  },
  lock: flag,
  returnResults: flag,
};

/** What has no meaning where nothing is written. */
const ofWrites = ['atomicity', 'outcomes', 'lock', 'returnResults'] as const;

/** @throws ConfigError for options that contradict each other */
export function checkComputeOptions<M extends AnyMapping, R>(options: AnyComputeOptions<M, R>): void {
  const { writeBack = false, onResult } = options;
  const vain = writeBack === false ? ofWrites.find((name) => options[name] !== undefined) : undefined;
  if (vain !== undefined) throw new ConfigError(`batchCompute: ${vain} is about what is written: it needs writeBack.`);
  if (writeBack !== false && onResult !== undefined) {
    throw new ConfigError(
      'batchCompute: onResult and writeBack contradict each other, as the values go one way. To have them too, say returnResults: true.',
    );
  }
}

/**
 * Checks that a source says which rows are meant: a key or filter that is `undefined` by mistake must not mean all of them.
 *
 * @throws ConfigError
 */
export function checkComputeSource<M extends AnyMapping>(source: ComputeSource<M>): void {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    throw new ConfigError(`batchCompute takes { keys } or { filters } as its source, not ${kindOf(source)}.`);
  }
  checkOptions('The source of batchCompute', source, ['keys', 'filters']);
  if ((source.keys === undefined) === (source.filters === undefined)) {
    throw new ConfigError(
      'batchCompute takes either { keys } or { filters } as its source; { filters: {} } is the whole table.',
    );
  }
}
