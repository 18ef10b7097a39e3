import { describe, expect, it } from '@jest/globals';
import { blamesRecord, CallbackError, calling } from '@uno/domain';
import { DeadlockError, UnoError } from '@uno/postgres';

describe('something of the caller’s', () => {
  it('gives what it gives, at once or later', async () => {
    expect(await calling('preProcess', () => 1)).toBe(1);
    expect(await calling('preProcess', async () => 2)).toBe(2);
  });

  it.each([new Error('x'), 'x', undefined, null, 0])('may throw anything, at once or later: %p', async (thrown) => {
    const throwing = () => {
      throw thrown;
    };
    for (const run of [throwing, async () => throwing(), () => Promise.reject(thrown)]) {
      const error: unknown = await calling('onProgress', run).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(CallbackError);
      expect(error).toMatchObject({ code: 'UNO_CALLBACK', callback: 'onProgress', message: 'The onProgress threw.' });
      expect(UnoError.is(error) && error.cause).toBe(thrown);
    }
  });

  it('may be tried again only where its own error says so', () => {
    expect(new CallbackError('source', new Error('x')).retry).toBe('never');
    expect(new CallbackError('source', new DeadlockError('x', 'whole-transaction')).retry).toBe('whole-transaction');
    expect(new CallbackError('chunk function', new Error('x'), 'safe').retry).toBe('safe');
  });

  it('is not quoted', () => {
    const { message } = new CallbackError('source', new Error('secret'));
    expect(message).toBe('The source of the records failed.');
    expect(new CallbackError('compute', new Error('secret')).message).toBe('The compute function threw.');
  });

  it('is a record’s fault where it was called for that record, before anything was done with it', () => {
    for (const callback of ['preProcess', 'compute'] as const) {
      expect(blamesRecord(new CallbackError(callback, new Error('x')))).toBe(true);
    }
    for (const callback of ['source', 'postProcess', 'onProgress', 'onError', 'onResult', 'chunk function'] as const) {
      expect(blamesRecord(new CallbackError(callback, new Error('x')))).toBe(false);
    }
  });
});
