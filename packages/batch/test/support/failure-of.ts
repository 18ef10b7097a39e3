import { inspect } from 'node:util';
import { BatchError } from '@uno/domain';

type ErrorClass<E extends Error> = abstract new (...parameters: never[]) => E;

/** What something that has to fail fails with, of a class if one is named. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown>;
export async function failureOf<E extends Error>(promise: Promise<unknown>, type: ErrorClass<E>): Promise<E>;
export async function failureOf(promise: Promise<unknown>, type?: ErrorClass<Error>): Promise<unknown> {
  const failure = await promise.then(
    (value: unknown) => {
      throw new Error(`It was expected to fail, and gave ${inspect(value)}.`);
    },
    (error: unknown) => error,
  );
  if (type === undefined || failure instanceof type) return failure;
  throw new Error(`A ${type.name} was expected.`, { cause: failure });
}

/** The same for a call that a record has ended, or that is done in part. */
export function batchErrorOf(promise: Promise<unknown>): Promise<BatchError> {
  return failureOf(promise, BatchError);
}
