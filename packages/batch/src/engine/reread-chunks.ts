import { blamesRecord, EndOfCall, type FailedRecord, type Identity } from '@uno/domain';
import type { ChunkSizes } from '../tuning/chunk-sizes.js';
import type { Account, BatchJob, Prepared, Session } from './batch-job.js';
import { Breather } from './breather.js';
import type { Chunk, Entry } from './chunk.js';
import { CutChunks, type Stretch } from './cut-chunks.js';
import type { EngineCall } from './engine-call.js';

/** In place of what stands for a record that is none. */
const wrong = Symbol('wrong');

/**
 * Looks at all records of a list, so that nothing is sent when one of them is none.
 *
 * @returns `undefined` if the list cannot be cut as it is, because some of its records are left out, or made one with another
 * @throws EndOfCall for a record that is wrong, where such records are not left out
 */
export async function readPlainList<S extends Session, R, I, V, A extends Account<I, V>>(
  job: BatchJob<S, R, I, V, A>,
  call: EngineCall,
  list: readonly R[],
): Promise<'distinct' | 'plain' | undefined> {
  const breather = new Breather(call.deadline);
  let seen: Set<Identity> | undefined;
  let identified = 0;
  let last: Identity | undefined;
  for (let index = 0; index < list.length; index++) {
    const identity = checkOne(job, list, index, call.skips);
    if (identity === wrong) return undefined;
    if (breather.isDue()) await breather.breathe();
    if (identity === undefined) continue;
    identified++;
    // Keys are often in order, and then each is new without being kept.
    if (seen === undefined && (last === undefined || isBefore(last, identity))) last = identity;
    else {
      seen ??= await identitiesBefore(job, call, list, index);
      seen.add(identity);
    }
  }
  if (seen !== undefined && seen.size < identified) return undefined;
  return identified === list.length ? 'distinct' : 'plain';
}

/** In any order that is always the same. */
function isBefore(one: Identity, other: Identity): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return one < other;
  return one.length === other.length ? one < other : one.length < other.length;
}

async function identitiesBefore<S extends Session, R, I, V, A extends Account<I, V>>(
  job: BatchJob<S, R, I, V, A>,
  call: EngineCall,
  list: readonly R[],
  end: number,
): Promise<Set<Identity>> {
  const breather = new Breather(call.deadline);
  const seen = new Set<Identity>();
  for (let index = 0; index < end; index++) {
    const identity = checkOne(job, list, index, call.skips);
    if (identity !== undefined && identity !== wrong) seen.add(identity);
    if (breather.isDue()) await breather.breathe();
  }
  return seen;
}

/**
 * @returns what stands for its row, if anything; {@link wrong} for a record that is
 * @throws EndOfCall for such a one, where they are not left out
 */
function checkOne<S extends Session, R, I, V, A extends Account<I, V>>(
  job: BatchJob<S, R, I, V, A>,
  list: readonly R[],
  index: number,
  skips: boolean,
): Identity | typeof wrong | undefined {
  const entry = { record: list[index] as R, index };
  try {
    return job.check === undefined ? job.foldedBy?.(job.read(entry)) : job.check(entry);
  } catch (error) {
    refuse(job, entry, skips, error);
    return wrong;
  }
}

/** Which record is looked at, and where it goes if it is wrong. */
interface Looking {
  readonly index: number;
  readonly skips: boolean;
  readonly refused: FailedRecord[];
}

/**
 * @returns `undefined` for a record that is wrong
 * @throws EndOfCall for it, where such records are not left out
 */
function refusing<S extends Session, R, I, V, A extends Account<I, V>, T>(
  job: BatchJob<S, R, I, V, A>,
  list: readonly R[],
  { index, skips, refused }: Looking,
  look: (entry: Entry<R>) => T,
): T | undefined {
  // A list that is shorter than it says has `undefined` there, which is for the job to refuse.
  const record = list[index] as R;
  try {
    return look({ record, index });
  } catch (error) {
    refused.push(refuse(job, { record, index }, skips, error));
    return undefined;
  }
}

/** @throws EndOfCall where such records are not left out, and whatever is no record's fault */
function refuse<S extends Session, R, I, V, A extends Account<I, V>>(
  job: BatchJob<S, R, I, V, A>,
  { record, index }: Entry<R>,
  skips: boolean,
  error: unknown,
): FailedRecord {
  if (!blamesRecord(error)) throw error;
  const failure: FailedRecord = { index, key: job.keyOfRecord(record), status: 'failed', error };
  if (!skips) throw new EndOfCall(failure, error);
  return failure;
}

/** Items are made of so many records at a time where they are only asked for. */
const readAtOnce = 1000;

/**
 * The chunks of a list, made anew whenever one is asked for. What lives as long as the call costs the garbage collector
 * more than it costs to read a record twice.
 */
export class RereadChunks<S extends Session, R, I, V, A extends Account<I, V>> extends CutChunks<I, Prepared<S, V>> {
  readonly #job: BatchJob<S, R, I, V, A>;
  readonly #skips: boolean;
  readonly #list: readonly R[];
  readonly #folds: boolean;
  readonly isDistinct: boolean;

  /**
   * @param read - whether nobody has looked at the records before, so that those that mean one row are made one in each
   *   chunk; or whether all of them mean rows of their own
   */
  constructor(
    job: BatchJob<S, R, I, V, A>,
    call: Pick<EngineCall, 'skips'>,
    list: readonly R[],
    sizes: ChunkSizes,
    read: 'unread' | 'plain' | 'distinct',
  ) {
    super(list, sizes, list.length);
    this.#job = job;
    this.#skips = call.skips;
    this.#list = list;
    this.#folds = read === 'unread';
    this.isDistinct = read === 'distinct';
  }

  *items(): IterableIterator<I> {
    const { length } = this.#list;
    for (let start = 0; start < length; start += readAtOnce) {
      yield* this.make({ number: 0, start, end: Math.min(start + readAtOnce, length) }).items;
    }
  }

  protected make({ number, start, end }: Stretch): Chunk<I, Prepared<S, V>> {
    const items: I[] = [];
    const refused: FailedRecord[] = [];
    const read = (entry: Entry<R>) => this.#job.read(entry);
    for (let index = start; index < end; index++) {
      const item = refusing(this.#job, this.#list, { index, skips: this.#skips, refused }, read);
      if (item !== undefined) items.push(item);
    }
    const folded = this.#folds ? this.#job.fold?.(items) : undefined;
    return { number, items: folded ?? items, taken: end - start, dropped: [], refused };
  }
}
