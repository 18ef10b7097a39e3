import { describe, expect, it } from '@jest/globals';
import { BatchProcessor } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { CommitUnknownError, ConnectionError } from '@uno/postgres';
import { Gate } from './support/gate.js';

describe('chunks that fail side by side', () => {
  it('are told as in doubt when one of them is, whichever failed first', async () => {
    const processor = new BatchProcessor({ executionStrategy: 'parallel', batchSize: 1, maxWorkers: 2, retryCount: 0 });
    const both = new Gate();
    const failure = await processor
      .process([0, 1], async ([record]) => {
        if (record === 1) both.open();
        await both.passed;
        throw record === 0
          ? new ConnectionError('gone, and nothing written', 'whole-transaction')
          : new CommitUnknownError('gone while it was committed', 'if-idempotent');
      })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BatchError);
    expect(failure).toMatchObject({ index: undefined, retry: 'if-idempotent', cause: { code: 'UNO_COMMIT_UNKNOWN' } });
    expect(failure instanceof BatchError && [...failure.unknown]).toEqual([1]);
  });
});
