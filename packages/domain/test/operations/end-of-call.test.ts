import { describe, expect, it } from '@jest/globals';
import { BatchError, CallbackError, EndOfCall, endOfCall, type FailedRecord, IndexRanges } from '@uno/domain';
import { CanceledError, ConstraintError, DeadlockError, noteRetries, ValidationError } from '@uno/postgres';

const call = { operation: 'batchInsert', entity: 'City', total: 10 };

function rangesOf(...indices: number[]): IndexRanges {
  const ranges = new IndexRanges();
  for (const index of indices) ranges.add(index);
  return ranges;
}

function failureAt(index: number): FailedRecord {
  return { index, key: undefined, status: 'failed', error: new ValidationError(`${index}`) };
}

const nothing = { written: new IndexRanges(), failures: [] };

function batchError(...args: Parameters<typeof endOfCall>): BatchError {
  const error = endOfCall(...args);
  if (error instanceof BatchError) return error;
  throw new Error('a BatchError was expected', { cause: error });
}

describe('what a caller sees of what ended a call', () => {
  it.each([new DeadlockError('x', 'whole-transaction'), new CanceledError('x', 'never'), new TypeError('x'), 'x'])(
    'is the error itself where no record is at fault and nothing is written: %p',
    (error) => {
      expect(endOfCall(error, call, nothing)).toBe(error);
      expect(endOfCall(error, call, { ...nothing, failures: [failureAt(1)] })).toBe(error);
    },
  );

  it('names the record at fault', () => {
    const cause = new ConstraintError('no', 'never', { sqlstate: '23514', constraint: 'c', column: 'd' });
    const error = batchError(new EndOfCall({ index: 3, key: '7' }, cause), call, nothing);
    expect(error).toMatchObject({
      ...call,
      index: 3,
      key: '7',
      sqlstate: '23514',
      constraint: 'c',
      column: 'd',
      cause,
    });
    expect(error.message).toBe('batchInsert of 10 City failed, nothing was written: record 3 (key 7). no');
    expect([error.written.size, error.unknown.size, error.failures]).toEqual([0, 0, []]);
  });

  it('names none where none is', () => {
    const cause = new ConstraintError('no', 'never');
    const error = batchError(new EndOfCall({ index: undefined, key: undefined }, cause), call, nothing);
    expect([error.index, error.key]).toEqual([undefined, undefined]);
    expect(error.message).toContain('no single record is at fault');
  });

  it('says what is written and what may be, whatever it was', () => {
    const written = rangesOf(0, 1, 2, 5);
    const unknown = rangesOf(7, 8);
    const cause = new CanceledError('enough', 'whole-transaction');
    const error = batchError(cause, call, { written, failures: [failureAt(4)] }, unknown);
    expect(error).toMatchObject({ index: undefined, cause, retry: 'if-idempotent' });
    expect([[...error.written], [...error.unknown]]).toEqual([
      [0, 1, 2, 5],
      [7, 8],
    ]);
    expect(error.failures.map(({ index }) => index)).toEqual([4]);
    expect(error.message).toContain('4 are written (0-2, 5), and of 2 nobody knows (7-8)');
  });

  it('is a BatchError even if all that is known is that nobody knows', () => {
    const error = batchError(new CanceledError('x', 'never'), call, nothing, rangesOf(0));
    expect(error.message).toContain('nothing was written, and of 1 nobody knows (0)');
  });

  it('has the failures of what is certain and of what is rolled back', () => {
    const end = new EndOfCall({ index: 6, key: undefined }, new ValidationError('x'), [failureAt(5), failureAt(6)]);
    const error = batchError(end, call, { written: rangesOf(0), failures: [failureAt(1)] });
    expect(error.failures.map(({ index }) => index)).toEqual([1, 5, 6]);
  });

  it('tells of the attempts that were made', () => {
    const note = { sqlstate: '40001', code: 'UNO_SERIALIZATION', delayMs: 3 };
    const cause = noteRetries(new DeadlockError('deadlock.', 'whole-transaction'), [note]);
    const error = batchError(cause, call, { written: rangesOf(0), failures: [] });
    expect(error.retries).toEqual([note]);
    expect(error.message.match(/Tried 2 times: 40001 before\./g)).toHaveLength(1);
  });

  it('is safe to repeat only where nothing is written', () => {
    const transient = new DeadlockError('x', 'whole-transaction');
    expect(batchError(transient, call, { written: rangesOf(0), failures: [] }).retry).toBe('if-idempotent');
    const fault = new ValidationError('x');
    expect(batchError(new EndOfCall({ index: 0, key: undefined }, fault), call, nothing).retry).toBe('never');
  });

  it('is an error of uno whatever was thrown', () => {
    for (const thrown of [new TypeError('x'), 'x', undefined, null]) {
      const error = batchError(thrown, call, { written: rangesOf(0), failures: [] });
      expect(error.cause).toBeInstanceOf(CallbackError);
    }
  });
});
