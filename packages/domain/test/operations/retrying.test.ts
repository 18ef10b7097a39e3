import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline, EndOfCall, type RetryPolicy, retrying } from '@uno/domain';
import {
  CanceledError,
  CommitUnknownError,
  ConfigError,
  ConnectionError,
  ConstraintError,
  DeadlockError,
  LockTimeoutError,
  OperationTimeoutError,
  ResourceError,
  type RetryNote,
  SerializationError,
  StatementTimeoutError,
  type UnoError,
  ValidationError,
} from '@uno/postgres';
import fc from 'fast-check';
import { BatchError } from '../../src/errors/batch-error.js';

afterEach(() => {
  jest.restoreAllMocks();
});

const patient = new Deadline('test', {});
const deadlock = () => new DeadlockError('deadlock detected', 'whole-transaction', { sqlstate: '40P01' });

interface Attempts {
  readonly policy?: Partial<RetryPolicy>;
  readonly idempotent?: boolean;
  readonly deadline?: Deadline;
  readonly onRetry?: (note: RetryNote) => void;
}

/** Fails so many times, then succeeds with the number of attempts. */
async function attempt(failures: number, error: () => unknown, options: Attempts = {}) {
  const { policy = {}, idempotent = false, deadline = patient, onRetry } = options;
  let attempts = 0;
  const notes: RetryNote[] = [];
  const heard = (note: RetryNote) => {
    notes.push(note);
    onRetry?.(note);
  };
  const context = { policy: { retryCount: 3, retryDelayMs: 0, ...policy }, idempotent, deadline, onRetry: heard };
  const [outcome] = await Promise.allSettled([
    retrying(context, async () => {
      attempts++;
      if (attempts <= failures) throw error();
      return 'done';
    }),
  ]);
  return { outcome, attempts, notes };
}

describe('what failed for a reason that may pass', () => {
  it('is tried as often as allowed, and no more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(6), fc.nat(6), async (failures, retryCount) => {
        const { outcome, attempts, notes } = await attempt(failures, deadlock, { policy: { retryCount } });
        expect(attempts).toBe(Math.min(failures, retryCount) + 1);
        expect(notes).toHaveLength(attempts - 1);
        expect(outcome.status).toBe(failures <= retryCount ? 'fulfilled' : 'rejected');
      }),
    );
  });

  it('is thrown in the end as it is, with every attempt before it', async () => {
    const errors = [deadlock(), new SerializationError('x', 'whole-transaction', { sqlstate: '40001' }), deadlock()];
    const last = errors[2];
    const { outcome } = await attempt(3, () => errors.shift(), { policy: { retryCount: 2 } });
    expect(outcome).toEqual({ status: 'rejected', reason: last });
    expect(last?.retries).toEqual([
      { sqlstate: '40P01', code: 'UNO_DEADLOCK', delayMs: 0 },
      { sqlstate: '40001', code: 'UNO_SERIALIZATION', delayMs: 0 },
    ]);
    expect(last?.message).toBe('deadlock detected Tried 3 times: 40P01, 40001 before.');
  });

  it.each<[string, () => UnoError]>([
    ['a lock that was not free', () => new LockTimeoutError('x', 'whole-transaction', { sqlstate: '55P03' })],
    ['a server without memory', () => new ResourceError('x', 'whole-transaction', { sqlstate: '53200' })],
    ['too many connections', () => new ResourceError('x', 'safe', { sqlstate: '53300' })],
    ['a lost connection', () => new ConnectionError('x', 'if-idempotent')],
  ])('is tried again: %s', async (_, error) => {
    expect(await attempt(1, error)).toMatchObject({ attempts: 2, outcome: { status: 'fulfilled' } });
  });

  it.each<[string, () => unknown]>([
    ['a constraint', () => new ConstraintError('x', 'never', { sqlstate: '23505' })],
    ['a value', () => new ValidationError('x')],
    ['a wrong option', () => new ConfigError('x')],
    ['a refused login', () => new ConnectionError('x', 'never', { sqlstate: '28P01' })],
    ['a cancel', () => new CanceledError('x', 'whole-transaction', { sqlstate: '57014' })],
    ['time that is over', () => new OperationTimeoutError(5)],
    [
      'a statement that took too long',
      () => new StatementTimeoutError('x', 'whole-transaction', { sqlstate: '57014' }),
    ],
    ['an error that is none of uno’s', () => new TypeError('x')],
    ['what is no error', () => 'x'],
    ['a record at fault', () => new EndOfCall({ index: 1, key: undefined }, new ValidationError('x'))],
    [
      'a batch that is done in part',
      () => new BatchError({ operation: 'x', entity: 'X', total: 1, index: 0, key: undefined, cause: deadlock() }),
    ],
  ])('is not %s', async (_, error) => {
    const thrown = error();
    const { attempts, outcome, notes } = await attempt(1, () => thrown);
    expect([attempts, notes]).toEqual([1, []]);
    expect(outcome).toEqual({ status: 'rejected', reason: thrown });
  });

  it('is a commit of which nobody knows only where doing it twice comes to the same', async () => {
    const lost = () => new CommitUnknownError('x', 'if-idempotent');
    expect(await attempt(1, lost)).toMatchObject({ attempts: 1, outcome: { status: 'rejected' } });
    expect(await attempt(1, lost, { idempotent: true })).toMatchObject({
      attempts: 2,
      outcome: { status: 'fulfilled' },
    });
  });

  it('is told of by a record that is at fault afterwards', async () => {
    const cause = new ValidationError('no good');
    const errors = [deadlock(), new EndOfCall({ index: 1, key: undefined }, cause)];
    await attempt(2, () => errors.shift());
    expect(cause.message).toBe('no good Tried 2 times: 40P01 before.');
    expect(cause.retries).toHaveLength(1);
  });
});

describe('the pause before another attempt', () => {
  it.each([0, 0.25, 0.5, 0.999])('is a random part (%d) of a time that doubles', async (random) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    const { notes } = await attempt(5, deadlock, { policy: { retryCount: 5, retryDelayMs: 2 } });
    expect(notes.map(({ delayMs }) => delayMs)).toEqual([2, 4, 8, 16, 32].map((longest) => random * longest));
  });

  it('is really waited for', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const began = performance.now();
    await attempt(2, deadlock, { policy: { retryDelayMs: 40 } });
    // Timers of Node may fire a millisecond early.
    expect(performance.now() - began).toBeGreaterThanOrEqual(58);
  });

  it('is never longer than half a minute, however large the numbers', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const controller = new AbortController();
    using deadline = new Deadline('test', { signal: controller.signal });
    const options = { policy: { retryCount: 2_000, retryDelayMs: 1e300 }, deadline };
    const { notes } = await attempt(1, deadlock, { ...options, onRetry: () => controller.abort() });
    expect(notes).toEqual([expect.objectContaining({ delayMs: 30_000 })]);
  });

  it('ends with the call', async () => {
    const controller = new AbortController();
    using deadline = new Deadline('batchInsert', { signal: controller.signal });
    const reason = new Error('enough');
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const { outcome, attempts } = await attempt(1, deadlock, {
      policy: { retryDelayMs: 29_000 },
      deadline,
      onRetry: () => void setImmediate(() => controller.abort(reason)),
    });
    expect(attempts).toBe(1);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNO_CANCELED', cause: reason } });
  });

  it('does not begin where the call is over, which is what it fails with then', async () => {
    const reason = new Error('enough');
    using deadline = new Deadline('batchInsert', { signal: AbortSignal.abort(reason) });
    const { outcome, attempts, notes } = await attempt(1, deadlock, { deadline });
    expect([attempts, notes]).toEqual([1, []]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNO_CANCELED', cause: reason } });
  });

  it('is no excuse for what would not have been tried again anyway', async () => {
    using deadline = new Deadline('batchInsert', { signal: AbortSignal.abort() });
    const last = deadlock();
    const { outcome } = await attempt(1, () => last, { deadline, policy: { retryCount: 0 } });
    expect(outcome).toEqual({ status: 'rejected', reason: last });
  });
});
