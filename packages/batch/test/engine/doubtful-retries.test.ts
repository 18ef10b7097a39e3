import { describe, expect, it } from '@jest/globals';
import { BatchError } from '@uno/domain';
import { CommitUnknownError, ConnectionError, ValidationError } from '@uno/postgres';
import { BatchRun } from '../../src/engine/batch-run.js';
import type { EngineCall } from '../../src/engine/engine-call.js';
import { engineCall } from './support/engine-call.js';
import { type StubJob, stubJob } from './support/stub-job.js';

const lost = () => new CommitUnknownError('gone while it was committed', 'if-idempotent');
const refused = () => new ValidationError('refused');
const records = ['a', 'b', 'c', 'd'];

/** What a call fails with whose statements fail like this, in their order; those that come after it work. */
async function failureOf(errors: readonly (Error | undefined)[], said: Partial<EngineCall> = {}): Promise<unknown> {
  let sent = 0;
  const job: StubJob = {
    ...stubJob(),
    judge: (error) => (error instanceof ValidationError ? 'record' : 'call'),
    prepare: () => ({
      isOneStatement: true,
      send: async () => {
        const error = errors[sent++];
        if (error !== undefined) throw error;
      },
    }),
  };
  const call = engineCall({ batchSize: 2, retry: { retryCount: 2, retryDelayMs: 0 }, ...said });
  return new BatchRun(job, call)
    .run(records, () => undefined)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

/** Which records a failure says that nobody knows of, and which it names. */
function doubtOf(error: unknown): { readonly unknown: number[]; readonly index: number | undefined } {
  if (!(error instanceof BatchError)) throw new Error('a BatchError was expected', { cause: error });
  return { unknown: [...error.unknown], index: error.index };
}

describe('what may have been committed and is done again', () => {
  it('is still in doubt when a record is refused then: its chunk', async () => {
    const error = await failureOf([undefined, lost(), refused(), refused()], { byChunk: true });
    expect(doubtOf(error)).toEqual({ unknown: [2, 3], index: 2 });
  });

  it.each(['chunked', 'pipelined', 'optimistic'] as const)(
    'is still in doubt when a record is refused then: everything, where it is one transaction (%s)',
    async (strategy) => {
      const half = strategy === 'optimistic' ? [lost(), refused(), refused(), refused()] : [];
      const error = await failureOf(half.length > 0 ? half : [undefined, lost(), refused(), refused()], { strategy });
      expect(doubtOf(error)).toEqual({ unknown: [0, 1, 2, 3], index: 0 });
    },
  );

  it('is in doubt no more when it is done', async () => {
    const error = await failureOf([lost(), undefined, refused(), refused()], { byChunk: true });
    expect(doubtOf(error)).toEqual({ unknown: [], index: 2 });
  });

  it('is the error itself where everything is one transaction and nothing is known of it in the end', async () => {
    expect(await failureOf([undefined, lost(), new ConnectionError('gone', 'never')])).toBeInstanceOf(
      CommitUnknownError,
    );
  });
});
