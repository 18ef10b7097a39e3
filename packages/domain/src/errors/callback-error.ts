import { type Retry, UnoError } from '@uno/postgres';

/** What a caller gave that can throw: the source of the records, one of the functions, or the class of the entity. */
export type CallbackName =
  | 'source'
  | 'preProcess'
  | 'postProcess'
  | 'onProgress'
  | 'onError'
  | 'onResult'
  | 'onReject'
  | 'compute'
  | 'duplicates'
  | 'chunk function'
  | 'keyOf'
  | 'isTransient'
  | 'entity';

const messages: Partial<Record<CallbackName, string>> = {
  source: 'The source of the records failed.',
  compute: 'The compute function threw.',
  entity: 'The constructor or a setter of the entity threw.',
};

/** The `cause` was thrown by something that the caller gave: an iterable or a stream, or one of the functions. */
export class CallbackError extends UnoError {
  readonly code = 'UNO_CALLBACK';
  readonly callback: CallbackName;

  /** @param retry - what may be done after it; as after the cause if that is an error of uno, else never the same */
  constructor(callback: CallbackName, cause: unknown, retry: Retry = UnoError.is(cause) ? cause.retry : 'never') {
    super(messages[callback] ?? `The ${callback} threw.`, retry, { cause });
    this.callback = callback;
  }
}

/** Runs something of the caller's; what it throws becomes the cause of a {@link CallbackError}. */
export async function calling<T>(callback: CallbackName, run: () => T | PromiseLike<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw new CallbackError(callback, cause);
  }
}
