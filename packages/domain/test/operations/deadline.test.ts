import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { CallbackError, Deadline } from '@uno/domain';
import {
  CanceledError,
  CommitUnknownError,
  ConnectionError,
  ConstraintError,
  OperationTimeoutError,
  StatementTimeoutError,
} from '@uno/postgres';

const never = new Promise<never>(() => {});

function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

/** A deadline that is over for a reason. */
function over(reason: unknown): Deadline {
  return new Deadline('batchInsert', { signal: AbortSignal.abort(reason) });
}

describe('a deadline', () => {
  it('has no signal, and no end, for a call that may take as long as it likes', async () => {
    using deadline = new Deadline('batchInsert', {});
    expect([deadline.signal, deadline.isOver]).toEqual([undefined, false]);
    deadline.check();
    expect(await deadline.race(Promise.resolve(1))).toBe(1);
  });

  it('is over when the caller’s signal is aborted, for its reason', () => {
    const controller = new AbortController();
    using deadline = new Deadline('batchInsert', { signal: controller.signal });
    expect(deadline.isOver).toBe(false);
    const reason = { any: 'thing' };
    controller.abort(reason);
    expect([deadline.isOver, deadline.signal?.reason]).toEqual([true, reason]);
    expect(() => deadline.check()).toThrow(CanceledError);
    expect(() => deadline.check()).toThrow(expect.objectContaining({ cause: reason, operation: 'batchInsert' }));
  });

  it('is over from the beginning where the signal is aborted already', () => {
    expect(over('x').isOver).toBe(true);
  });

  it('is over when the time is', async () => {
    using deadline = new Deadline('batchInsert', { timeoutMs: 5 });
    await expect(deadline.race(never)).rejects.toThrow(OperationTimeoutError);
    expect(() => deadline.check()).toThrow(expect.objectContaining({ timeoutMs: 5, operation: 'batchInsert' }));
  });

  it('is over for what came first', async () => {
    const controller = new AbortController();
    using deadline = new Deadline('batchInsert', { timeoutMs: 5, signal: controller.signal });
    await expect(deadline.race(never)).rejects.toThrow(OperationTimeoutError);
    controller.abort('later');
    expect(() => deadline.check()).toThrow(OperationTimeoutError);
  });

  it('leaves neither a listener nor a timer behind', () => {
    const controller = new AbortController();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    {
      using deadline = new Deadline('batchInsert', { timeoutMs: 100_000, signal: controller.signal });
      expect(deadline.isOver).toBe(false);
      expect(listeners(controller.signal)).toBe(1);
      expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(before + 1);
    }
    expect(listeners(controller.signal)).toBe(0);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(before);
  });

  it('has no listener after a race, whoever won it', async () => {
    const controller = new AbortController();
    using deadline = new Deadline('batchInsert', { signal: controller.signal });
    const { signal } = deadline;
    if (signal === undefined) throw new Error('there is a signal');
    expect(await deadline.race(Promise.resolve('won'))).toBe('won');
    const cause = new Error('lost');
    await expect(deadline.race(Promise.reject(cause))).rejects.toBe(cause);
    expect(listeners(signal)).toBe(0);
    const race = deadline.race(never);
    expect(listeners(signal)).toBe(1);
    controller.abort();
    await expect(race).rejects.toThrow(CanceledError);
    expect(listeners(signal)).toBe(0);
    await expect(deadline.race(never)).rejects.toThrow(CanceledError);
  });

  it('does not mind what the loser of a race comes to afterwards', async () => {
    const controller = new AbortController();
    using deadline = new Deadline('batchInsert', { signal: controller.signal });
    let fail = (_: Error) => {};
    const race = deadline.race(
      new Promise<never>((_, reject) => {
        fail = reject;
      }),
    );
    controller.abort();
    await expect(race).rejects.toThrow(CanceledError);
    // An unhandled rejection would end the run.
    fail(new Error('too late'));
    await new Promise(setImmediate);
  });
});

describe('what a call failed with', () => {
  const reason = new Error('enough');

  it.each([
    ['a statement that was cancelled', new CanceledError('x', 'whole-transaction')],
    ['a connection that had to be closed', new ConnectionError('x', 'if-idempotent')],
    ['a statement of which the server says that it took too long', new StatementTimeoutError('x', 'whole-transaction')],
    ['a function that was given up', new CallbackError('postProcess', new CanceledError('x', 'never'))],
    ['a function that heeded the signal', new CallbackError('chunk function', reason)],
    ['a timer of a function', new CallbackError('source', Object.assign(new Error('x'), { name: 'AbortError' }))],
  ])('is the end of the deadline where it is its consequence: %s', (_, error) => {
    expect(over(reason).explain(error)).toMatchObject({ code: 'UNO_CANCELED', cause: reason });
    const timeout = new OperationTimeoutError(7);
    const late =
      error instanceof CallbackError && error.cause === reason ? new CallbackError('source', timeout) : error;
    expect(over(timeout).explain(late)).toBe(timeout);
  });

  it.each([
    ['a constraint', new ConstraintError('x', 'never')],
    ['a commit of which nobody knows', new CommitUnknownError('x', 'if-idempotent')],
    ['a function', new CallbackError('postProcess', new Error('its own'))],
    ['a fault of our own', new TypeError('x')],
    ['what is no error', 'x'],
  ])('is that itself where it is not: %s', (_, error) => {
    expect(over(reason).explain(error)).toBe(error);
  });

  it('is that itself while there is time', () => {
    const error = new CanceledError('x', 'whole-transaction');
    expect(new Deadline('batchInsert', {}).explain(error)).toBe(error);
  });
});
