import type { EngineCall } from '../engine/engine-call.js';
import type { PlannedFailure } from './batch-plan.js';

/** Errors that may pass: those of `retrying` that the database or the connection to it has. */
const passing = ['UNO_SERIALIZATION', 'UNO_DEADLOCK', 'UNO_LOCK_TIMEOUT', 'UNO_CONNECTION', 'UNO_RESOURCE'] as const;

/** What decides on what a failure leads to. */
export interface FailureCase {
  readonly call: EngineCall;
  readonly isJoined: boolean;
  /** Whether anything is written, and so has to hold together. */
  readonly isWritten: boolean;
  /** Whether a COMMIT of which nobody knows is looked up. */
  readonly looksUp: boolean;
  readonly isIdempotent: boolean;
  /** Whether transactions are opened, and statements sent outside of any; both may be so where it is not known. */
  readonly hasTransactions: boolean;
  readonly hasAlone: boolean;
  /** Whether the records are still there for another attempt. */
  readonly isList: boolean;
  /** Whether PostgreSQL tells which of the records of a chunk is at fault. */
  readonly isNamed: boolean;
  /** Whether records that are refused together are tried in another way before they are halved. */
  readonly hasOtherWay: boolean;
  readonly fallsBack: boolean;
  /** Items in the largest chunk; `undefined` where that does not tell how often it can be halved. */
  readonly largest: number | undefined;
  /** Whether chunks go side by side. */
  readonly isSideBySide: boolean;
}

/** What happens when something fails. */
export function planFailure(about: FailureCase): PlannedFailure {
  const { call, isWritten, fallsBack } = about;
  const { skips, maxFailures, byChunk } = call;
  return {
    rollsBack: isWritten ? (byChunk ? 'the chunk' : 'everything') : 'nothing',
    onRecordError: skips ? 'skip' : 'abort',
    maxFailures: skips ? finite(maxFailures) : 0,
    ...searchOf(about),
    retries: retriesOf(about),
    fallsBack,
    says: [
      ...recordsSay(about),
      ...(about.hasOtherWay ? [exchange] : []),
      ...restSays(about),
      ...tunedSays(about),
      ...retriesSay(about),
      ...doubtSays(about),
      ...(fallsBack ? [`${refusedStatement} the records of the chunk go one by one.`] : []),
      ...optimisticSays(about),
    ],
  };
}

const exchange =
  'Records that a unique constraint refuses together are written once more with room made for their values, as they may only exchange them.';

const refusedStatement = 'When PostgreSQL does not take the statement for many records, as on some views and rules,';

function finite(number: number): number | null {
  return number === Number.POSITIVE_INFINITY ? null : number;
}

function searchOf({
  call: { skips },
  isWritten,
  isNamed,
  hasOtherWay,
  largest,
}: FailureCase): Pick<PlannedFailure, 'search' | 'mostAttempts'> {
  if (!isWritten) return { search: 'none', mostAttempts: 0 };
  // What is before it, and what is behind it.
  if (isNamed) return { search: 'PostgreSQL names it', mostAttempts: skips ? 2 : 0 };
  return { search: 'halving', mostAttempts: largest === undefined || hasOtherWay ? null : halvings(largest) };
}

/** Each time the half that fails is halved again; the other one may have come before. */
function halvings(items: number): number {
  return items <= 1 ? 0 : 2 * Math.ceil(Math.log2(items));
}

function recordsSay(about: FailureCase): string[] {
  const { call, isWritten, isNamed } = about;
  const { mostAttempts } = searchOf(about);
  if (!isWritten) return ['What is no key is a BatchError that names its position; no row is at fault.'];
  const how = isNamed
    ? 'PostgreSQL tells which one it is'
    : `it is found by halving its chunk${mostAttempts === null ? '' : `, in ${mostAttempts} more attempts at most`}`;
  const name = 'with index, key, SQLSTATE, constraint and column';
  if (!call.skips) return [`The first record at fault ends the call with a BatchError that names it ${name}; ${how}.`];
  const limit = finite(call.maxFailures);
  const end = limit === null ? 'however many there are' : `and more than ${limit} of them end the call`;
  return [`Records at fault are left out and come back in failures ${name}, ${end}; each: ${how}.`];
}

function restSays({ call: { byChunk }, isWritten, isJoined, isSideBySide }: FailureCase): string[] {
  if (!isWritten) return [];
  if (!byChunk) {
    return [
      isJoined
        ? "When the call fails, all it did is rolled back to a savepoint, and the caller's transaction can go on."
        : 'When the call fails, everything is rolled back: nothing of it remains written.',
    ];
  }
  const place = isJoined ? "stay in the caller's transaction" : 'are committed and stay so';
  const others = isSideBySide ? ', and those under way beside it are brought to their end' : '';
  return [
    `When the call fails, the chunk that failed is rolled back; those before it ${place}${others}. BatchError.written tells which records these are.`,
  ];
}

function tunedSays({ call, isWritten, isJoined }: FailureCase): string[] {
  // A statement that fails in a transaction of the caller's ends that where there is no savepoint.
  if (!call.sizes.isTuned || (isJoined && !isWritten)) return [];
  return [
    'What is too much at once for the memory of the server, or for its statement_timeout, is done in smaller pieces in the same transaction, and later chunks are smaller.',
  ];
}

function retriesOf(about: FailureCase): PlannedFailure['retries'] {
  const { call, isJoined, isIdempotent } = about;
  const { retryCount } = call.retry;
  if (isJoined || retryCount === 0 || isGoneStream(about)) return { most: 0, unit: 'nothing', codes: [] };
  const codes = isIdempotent ? [...passing, 'UNO_COMMIT_UNKNOWN'] : passing;
  return { most: retryCount, unit: call.byChunk ? 'the chunk' : 'the call', codes };
}

/** A stream whose records are gone when one transaction of them all fails. */
function isGoneStream({ call, isList, isWritten }: FailureCase): boolean {
  const { strategy, byChunk } = call;
  const readsAll = strategy === 'single_query' || strategy === 'optimistic';
  return isWritten && !byChunk && !isList && !readsAll;
}

function retriesSay(about: FailureCase): string[] {
  if (about.isJoined) return ["Nothing is repeated, since only the caller can repeat the caller's transaction."];
  if (isGoneStream(about)) return ['Nothing is repeated, since the records of the source are gone by then.'];
  const { most, unit, codes } = retriesOf(about);
  if (most === 0) return ['Nothing is repeated: retryCount is 0.'];
  const { retryDelayMs } = about.call.retry;
  return [
    `What may pass (${codes.join(', ')}) has ${unit} done again from its beginning, up to ${most} times, after a random pause of up to ${retryDelayMs} ms that doubles each time.`,
  ];
}

function doubtSays(about: FailureCase): string[] {
  const { call, isJoined, isIdempotent, looksUp, hasTransactions, hasAlone, isWritten } = about;
  if (!isWritten || isJoined) return [];
  const lookup = looksUp ? ', and that cannot be looked up within 5,000 ms (pg_xact_status)' : '';
  const doubtful = [
    ...(hasTransactions ? [`a COMMIT whose answer is lost${lookup}`] : []),
    ...(hasAlone ? ['a statement that commits by itself and whose connection is lost'] : []),
  ];
  if (doubtful.length === 0) return [];
  const subject = `Of ${doubtful.join(', and of ')}, nobody knows`;
  if (isIdempotent) return [`${subject}: it is done again, which comes to the same.`];
  const tells = call.byChunk ? ' or, where other chunks are written, a BatchError whose unknown tells the records' : '';
  return [`${subject}: that is a CommitUnknownError${tells}, and it is not done again.`];
}

function optimisticSays({ call: { strategy, batchSize, skips } }: FailureCase): string[] {
  if (strategy !== 'optimistic') return [];
  const also = skips ? ', or a record is to be left out' : '';
  return [
    `When everything at once is too much for the server${also}, all of it is done again in chunks of up to ${batchSize} records.`,
  ];
}
