import { describe, expect, it } from '@jest/globals';
import {
  DeadlockError,
  noteRetries,
  OperationTimeoutError,
  type RetryNote,
  StatementError,
  UnoError,
} from '../../src/index.js';

const deadlock: RetryNote = { sqlstate: '40P01', code: 'UNO_DEADLOCK', delayMs: 10 };
const lock: RetryNote = { sqlstate: '55P03', code: 'UNO_LOCK_TIMEOUT', delayMs: 20 };
const lost: RetryNote = { sqlstate: undefined, code: 'UNO_CONNECTION', delayMs: 40 };

describe('noteRetries', () => {
  it('tells on the same error what was tried before', () => {
    const error = new DeadlockError('deadlock detected', 'whole-transaction');
    expect(noteRetries(error, [deadlock, deadlock, lock])).toBe(error);
    expect(error.message).toBe('deadlock detected Tried 4 times: 40P01, 40P01, 55P03 before.');
    expect(error.retries).toEqual([deadlock, deadlock, lock]);
    expect(error.stack?.split('\n')[0]).toBe(`DeadlockError: ${error.message}`);
  });

  it('names the code where PostgreSQL said nothing', () => {
    const error = noteRetries(new StatementError('x.', 'never'), [lost]);
    expect(error.message).toBe('x. Tried 2 times: UNO_CONNECTION before.');
  });

  it('does not say it twice, and says the last that it was told', () => {
    const error = new StatementError('x.', 'never');
    noteRetries(noteRetries(error, [lock]), [lock]);
    expect(error.message).toBe('x. Tried 2 times: 55P03 before.');
    noteRetries(error, [lock, deadlock]);
    expect(error.message).toBe('x. Tried 3 times: 55P03, 40P01 before.');
    expect(noteRetries(error, [])).toMatchObject({ message: 'x.', retries: [] });
  });

  it('keeps a copy that nobody can change', () => {
    const notes = [{ ...lock }];
    const error = noteRetries(new StatementError('x', 'never'), notes);
    notes.push({ ...deadlock });
    expect(error.retries).toEqual([lock]);
    expect([error.retries, ...error.retries].every(Object.isFrozen)).toBe(true);
  });

  it('takes a message for what it is, whatever it contains', () => {
    const error = noteRetries(new StatementError("$& and $' ", 'never'), [lock]);
    expect(error.message).toBe("$& and $'  Tried 2 times: 55P03 before.");
    expect(error.stack).toContain(error.message);
  });
});

describe('an error of which nothing was repeated', () => {
  it('has an empty, frozen list', () => {
    const { retries } = new StatementError('x', 'never');
    expect(retries).toEqual([]);
    expect(Object.isFrozen(retries)).toBe(true);
  });
});

describe('OperationTimeoutError', () => {
  it('says how long was waited, and that the transaction can be repeated', () => {
    const error = new OperationTimeoutError(250, { operation: 'batchInsert' });
    expect(error).toBeInstanceOf(UnoError);
    expect(error).toMatchObject({
      code: 'UNO_TIMEOUT',
      name: 'OperationTimeoutError',
      timeoutMs: 250,
      retry: 'whole-transaction',
      operation: 'batchInsert',
      message: 'The operation did not end within 250 ms.',
    });
  });
});
