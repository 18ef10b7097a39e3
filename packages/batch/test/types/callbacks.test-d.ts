import { type BatchConfig, BatchExecutionStrategy, type BatchInsertOptions } from '@uno/batch';
import type {
  BatchError,
  BatchProgress,
  BatchWriteOptions,
  FailedRecord,
  IndexRanges,
  RecordName,
  RecordOutcome,
} from '@uno/domain';
import type { UnoError } from '@uno/postgres';
import { expectTypeOf } from 'expect-type';

type Function<T> = Extract<T, (...parameters: never[]) => unknown>;

expectTypeOf<Parameters<Function<BatchInsertOptions['onProgress']>>>().toEqualTypeOf<[progress: BatchProgress]>();
expectTypeOf<Parameters<Function<BatchConfig['onError']>>>().toEqualTypeOf<
  [error: UnoError, record: RecordName | undefined]
>();
expectTypeOf<Parameters<Function<BatchConfig['preProcess']>>>().toEqualTypeOf<[record: object, index: number]>();
expectTypeOf<Parameters<Function<BatchConfig['postProcess']>>>().toEqualTypeOf<
  [outcome: RecordOutcome, model: object | undefined]
>();
// The record may be left out, and everything may be async.
expectTypeOf<() => null>().toExtend<Function<BatchConfig['preProcess']>>();
expectTypeOf<() => Promise<object | null>>().toExtend<Function<BatchConfig['preProcess']>>();
expectTypeOf<() => Promise<void>>().toExtend<Function<BatchConfig['postProcess']>>();
expectTypeOf<() => string>().not.toExtend<Function<BatchConfig['preProcess']>>();
expectTypeOf<() => undefined>().not.toExtend<Function<BatchConfig['preProcess']>>();

expectTypeOf<BatchProgress>().toEqualTypeOf<{
  readonly operation: string;
  readonly name: string;
  readonly processed: number;
  readonly total: number | undefined;
  readonly failed: number;
  readonly skipped: number;
  readonly individually: number;
  readonly elapsedMs: number;
  readonly recordsPerSecond: number;
  readonly remainingMs: number | undefined;
}>();

expectTypeOf<BatchError['code']>().toEqualTypeOf<'UNO_BATCH'>();
expectTypeOf<BatchError['index']>().toEqualTypeOf<number | undefined>();
expectTypeOf<BatchError['key']>().toEqualTypeOf<string | undefined>();
expectTypeOf<BatchError['sqlstate']>().toEqualTypeOf<string | undefined>();
expectTypeOf<BatchError['constraint']>().toEqualTypeOf<string | undefined>();
expectTypeOf<BatchError['column']>().toEqualTypeOf<string | undefined>();
expectTypeOf<BatchError['field']>().toEqualTypeOf<string | undefined>();
expectTypeOf<BatchError['total']>().toEqualTypeOf<number>();
expectTypeOf<BatchError['written']>().toEqualTypeOf<IndexRanges>();
expectTypeOf<BatchError['unknown']>().toEqualTypeOf<IndexRanges>();
expectTypeOf<BatchError['failures']>().toEqualTypeOf<readonly FailedRecord[]>();
expectTypeOf<BatchError['cause']>().toEqualTypeOf<UnoError>();

// The names of strategies are the strategies, at the configuration and at a call.
expectTypeOf<(typeof BatchExecutionStrategy)['PIPELINED']>().toEqualTypeOf<'pipelined'>();
expectTypeOf<BatchExecutionStrategy>().toEqualTypeOf<Exclude<BatchWriteOptions['strategy'], undefined>>();
expectTypeOf<BatchExecutionStrategy>().toEqualTypeOf<Exclude<BatchConfig['executionStrategy'], undefined>>();
// @ts-expect-error the names are not to be changed
BatchExecutionStrategy.CHUNKED = 'parallel';
