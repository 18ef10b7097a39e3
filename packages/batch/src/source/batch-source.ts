import { kindOf, ValidationError } from '@uno/postgres';

/**
 * Where records come from: an array, an iterable, an async iterable, or a Node stream of objects. It is iterated exactly
 * once, and closed when the call ends early.
 */
export type BatchSource<R> = Iterable<R> | AsyncIterable<R>;

/** A source that is going to be iterated. */
export interface OpenSource<R> {
  /** All records, where the caller gave an array: a copy, so that changing the array meanwhile changes nothing. */
  readonly list: readonly R[] | undefined;
  /** The next record; `undefined` after the last one. */
  next(): Promise<{ readonly record: R } | undefined>;
  /** Lets a source that is not at its end know that nothing more is wanted. */
  close(): void;
}

/** @throws ValidationError for what is no source */
export function openSource<R>(operation: string, source: BatchSource<R>): OpenSource<R> {
  // Holes in an array are `undefined`.
  if (Array.isArray(source)) return fromList(Array.from<R>(source));
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return fromIterator(source[Symbol.asyncIterator]());
    if (Symbol.iterator in source) return fromIterator(source[Symbol.iterator]());
  }
  throw new ValidationError(
    `${operation} takes an array, an iterable, an async iterable or a stream of objects, not ${kindOf(source)}.`,
  );
}

function fromList<R>(list: readonly R[]): OpenSource<R> {
  const iterator = list.values();
  return { ...fromIterator(iterator), list };
}

function fromIterator<R>(iterator: Iterator<R> | AsyncIterator<R>): OpenSource<R> {
  let ended = false;
  return {
    list: undefined,
    async next() {
      const { done, value } = await iterator.next();
      if (!done) return { record: value };
      ended = true;
      return undefined;
    },
    close() {
      if (ended) return;
      ended = true;
      // Not waited for: a generator that hangs in its `await` would never come to its end. What it throws then has
      // nobody left to tell, since the call has failed already and says why.
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
    },
  };
}
