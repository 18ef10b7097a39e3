import { BatchError } from '@uno/domain';

/** What something that has to fail fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to fail, and did not.');
}

/** The same for a call that a record has ended, or that is done in part. */
export async function batchErrorOf(promise: Promise<unknown>): Promise<BatchError> {
  const error = await failureOf(promise);
  if (error instanceof BatchError) return error;
  throw new Error('a BatchError was expected', { cause: error });
}
