import { CallbackError } from '@uno/domain';
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
  /** Records that were taken from it; of an array, all. */
  readonly taken: number;
  /** The next record; `undefined` after the last one. */
  next(): Promise<{ readonly record: R } | undefined>;
  /** Lets a source that is not at its end know that nothing more is wanted. */
  close(): void;
}

/**
 * @throws ValidationError for what is no source
 * @throws CallbackError with what a source threw that cannot be iterated
 */
export function openSource<R>(operation: string, source: BatchSource<R>): OpenSource<R> {
  // Holes in an array are `undefined`.
  if (Array.isArray(source)) return fromList(Array.from<R>(source));
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return fromIterator(source, () => source[Symbol.asyncIterator]());
    if (Symbol.iterator in source) return fromIterator(source, () => source[Symbol.iterator]());
  }
  throw new ValidationError(
    `${operation} takes an array, an iterable, an async iterable or a stream of objects, not ${kindOf(source)}.`,
  );
}

function fromList<R>(list: readonly R[]): OpenSource<R> {
  return { ...fromIterator(list, () => list.values()), list, taken: list.length };
}

function fromIterator<R>(source: object, open: () => Iterator<R> | AsyncIterator<R>): OpenSource<R> {
  const iterator = opening(open);
  const stream = isStream(source) ? source : undefined;
  // Its iterator listens only from the first record on, and an error that nobody listens to ends the process.
  stream?.on('error', () => undefined);
  let ended = false;
  let closed = false;
  let taken = 0;
  /** Whoever still reads ahead has to stop. */
  const checkClosed = () => {
    if (closed) throw new Error('The source was closed.');
  };
  return {
    list: undefined,
    get taken() {
      return taken;
    },
    async next() {
      checkClosed();
      try {
        const { done, value } = await iterator.next();
        checkClosed();
        if (!done) {
          taken++;
          return { record: value };
        }
        ended = true;
        return undefined;
      } catch (error) {
        // That is its end, too.
        ended = true;
        throw error;
      }
    },
    close() {
      if (ended || closed) return;
      closed = true;
      // Its iterator destroys it only if it was begun, and not before it gives the next record.
      stream?.destroy();
      // Not waited for: a generator that hangs in its `await` would never come to its end. What it throws then has
      // nobody left to tell, since the call has failed already and says why.
      void (async () => iterator.return?.())().catch(() => undefined);
    },
  };
}

function opening<T>(open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new CallbackError('source', cause);
  }
}

/** A stream of Node, from whichever copy of its class. */
interface NodeStream {
  on(event: 'error', listener: () => void): unknown;
  destroy(): unknown;
}

function isStream(source: object): source is NodeStream {
  return 'pipe' in source && 'on' in source && 'destroy' in source && typeof source.destroy === 'function';
}
