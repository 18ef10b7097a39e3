import { channel } from 'node:diagnostics_channel';
import type { RetryNote } from '@uno/postgres';
import type { CallDescription, CallEnd, CallEvents, CallListener, RecordFailure } from '../metrics/call-recorder.js';
import type { Clock } from '../metrics/clock.js';

/** A call began. */
export interface BatchStartMessage {
  /** The same object in all messages of one call, and in no other's. */
  readonly call: CallDescription;
}

/** A chunk was executed. */
export interface BatchChunkMessage extends BatchStartMessage {
  readonly records: number;
  readonly elapsedMs: number;
}

/** What failed is about to be tried again. */
export interface BatchRetryMessage extends BatchStartMessage {
  readonly note: RetryNote;
}

/** Records went one by one, because the set-based way broke on them. */
export interface BatchFallbackMessage extends BatchStartMessage {
  readonly records: number;
  readonly reason: unknown;
}

/** A record was left out under `onRecordError: 'skip'`. */
export interface BatchFailureMessage extends BatchStartMessage {
  readonly failure: RecordFailure;
}

/** A call ended; `end.error` says why if it failed. */
export interface BatchEndMessage extends BatchStartMessage {
  readonly end: CallEnd;
  readonly elapsedMs: number;
}

/**
 * The channels of `node:diagnostics_channel` and what comes through them. Who subscribes while a call runs hears of
 * calls that begin later.
 *
 * @example
 * ```ts
 * subscribe('uno:batch:end', (message) => {
 *   const { call, elapsedMs } = message as BatchChannelMessages['uno:batch:end'];
 *   console.log(call.operation, elapsedMs);
 * });
 * ```
 */
export interface BatchChannelMessages {
  readonly 'uno:batch:start': BatchStartMessage;
  readonly 'uno:batch:chunk': BatchChunkMessage;
  readonly 'uno:batch:retry': BatchRetryMessage;
  readonly 'uno:batch:fallback': BatchFallbackMessage;
  readonly 'uno:batch:failure': BatchFailureMessage;
  readonly 'uno:batch:end': BatchEndMessage;
}

/** A channel with the type of its messages. */
class TypedChannel<N extends keyof BatchChannelMessages> {
  readonly #channel;

  constructor(name: N) {
    this.#channel = channel(name);
  }

  get hasSubscribers(): boolean {
    return this.#channel.hasSubscribers;
  }

  publish(message: BatchChannelMessages[N]): void {
    this.#channel.publish(message);
  }
}

const channels = Object.freeze({
  start: new TypedChannel('uno:batch:start'),
  chunk: new TypedChannel('uno:batch:chunk'),
  retry: new TypedChannel('uno:batch:retry'),
  fallback: new TypedChannel('uno:batch:fallback'),
  failure: new TypedChannel('uno:batch:failure'),
  end: new TypedChannel('uno:batch:end'),
});

/** Publishes to the channels that have subscribers. */
export const channelListener: CallListener = Object.freeze({
  begin(description: CallDescription, clock: Clock): CallEvents | undefined {
    if (!Object.values(channels).some(({ hasSubscribers }) => hasSubscribers)) return undefined;
    const call = Object.freeze({ ...description });
    if (channels.start.hasSubscribers) channels.start.publish({ call });
    const beganAt = clock.now();
    return {
      chunk(records, elapsedMs) {
        if (channels.chunk.hasSubscribers) channels.chunk.publish({ call, records, elapsedMs });
      },
      retried(note) {
        if (channels.retry.hasSubscribers) channels.retry.publish({ call, note });
      },
      fellBack(records, reason) {
        if (channels.fallback.hasSubscribers) channels.fallback.publish({ call, records, reason });
      },
      recordFailed(failure) {
        if (channels.failure.hasSubscribers) channels.failure.publish({ call, failure });
      },
      end(end) {
        if (channels.end.hasSubscribers) channels.end.publish({ call, end, elapsedMs: clock.now() - beganAt });
      },
    };
  },
});
