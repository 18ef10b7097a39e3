import { blamesRecord, EndOfCall, type FailedRecord } from '@uno/domain';
import type { UnoError } from '@uno/postgres';
import type { Account, BatchJob, Prepared, Session } from './batch-job.js';
import { Breather } from './breather.js';
import type { Chunk } from './chunk.js';
import type { ChunkSource } from './chunk-source.js';
import type { EngineCall } from './engine-call.js';

/** What looking at all records of a list has found. */
export interface CheckedList {
  /** Records that are wrong, where such are left out. */
  readonly refused: readonly FailedRecord[];
  /** Whether some of them are to be made one. */
  readonly hasRepeated: boolean;
}

/**
 * Looks at all records of a list, so that nothing is sent when one of them is none.
 *
 * @throws EndOfCall for a record that is wrong, where such records are not left out
 */
export async function checkList<S extends Session, R, I, V, A extends Account<I, V>>(
  job: BatchJob<S, R, I, V, A>,
  call: EngineCall,
  list: readonly R[],
): Promise<CheckedList> {
  const breather = new Breather(call.deadline);
  const refused: FailedRecord[] = [];
  const seen = new Set<string>();
  let identified = 0;
  for (let index = 0; index < list.length; index++) {
    const read = readOne(job, list, index);
    if ('error' in read) {
      if (!call.skips) throw new EndOfCall(read, read.error);
      refused.push(read);
    } else {
      const identity = job.foldedBy?.(read.item);
      if (identity !== undefined) {
        seen.add(identity);
        identified++;
      }
    }
    if (breather.isDue()) await breather.breathe();
  }
  return { refused, hasRepeated: seen.size < identified };
}

type Read<I> = { readonly item: I } | FailedRecord;

function readOne<S extends Session, R, I, V, A extends Account<I, V>>(
  job: BatchJob<S, R, I, V, A>,
  list: readonly R[],
  index: number,
): Read<I> {
  // A list that is shorter than it says has `undefined` there, which is for the job to refuse.
  const record = list[index] as R;
  try {
    return { item: job.read({ record, index }) };
  } catch (error) {
    if (!blamesRecord(error)) throw error;
    return failureOf(index, job.keyOfRecord(record), error);
  }
}

function failureOf(index: number, key: string | undefined, error: UnoError): FailedRecord {
  return { index, key, status: 'failed', error };
}

/**
 * The chunks of a list, made anew whenever one is asked for. What lives as long as the call costs the garbage collector
 * more than it costs to read a record twice.
 */
export class RereadChunks<S extends Session, R, I, V, A extends Account<I, V>>
  implements ChunkSource<I, Prepared<S, V>>
{
  readonly isRepeatable = true;
  readonly isAtHand = true;
  readonly total: number;
  readonly #job: BatchJob<S, R, I, V, A>;
  readonly #skips: boolean;
  readonly #list: readonly R[];
  readonly #size: number;
  readonly #refused: readonly FailedRecord[];
  readonly #isRefused: ReadonlySet<number>;
  readonly #folds: boolean;
  #latest: Chunk<I, Prepared<S, V>> | undefined;

  /** @param checked - what is known of the list; records that mean one row are made one within each chunk if nothing is */
  constructor(
    job: BatchJob<S, R, I, V, A>,
    call: Pick<EngineCall, 'skips'>,
    list: readonly R[],
    size: number,
    checked: CheckedList | undefined,
  ) {
    this.total = list.length;
    this.#job = job;
    this.#skips = call.skips;
    this.#list = list;
    this.#size = Math.min(size, Math.max(1, list.length));
    this.#refused = checked?.refused ?? [];
    this.#isRefused = new Set(this.#refused.map(({ index }) => index));
    this.#folds = checked === undefined;
  }

  get isSingle(): boolean {
    return this.total <= this.#size;
  }

  *items(): IterableIterator<I> {
    for (let number = 0; number * this.#size < this.total; number++) yield* this.#chunk(number).items;
  }

  async *chunks(): AsyncIterableIterator<Chunk<I, Prepared<S, V>>> {
    for (let number = 0; number * this.#size < this.total; number++) yield this.#chunk(number);
  }

  after({ number }: Chunk<I, Prepared<S, V>>): Chunk<I, Prepared<S, V>> | undefined {
    if ((number + 1) * this.#size >= this.total) return undefined;
    try {
      return this.#chunk(number + 1);
    } catch {
      // It is made again where it is done, and what fails then has somebody to tell.
      return undefined;
    }
  }

  #chunk(number: number): Chunk<I, Prepared<S, V>> {
    if (this.#latest?.number === number) return this.#latest;
    const items: I[] = [];
    // What was found of the whole list goes with the first chunk.
    const refused = number === 0 ? [...this.#refused] : [];
    const end = Math.min((number + 1) * this.#size, this.total);
    for (let index = number * this.#size; index < end; index++) {
      if (this.#isRefused.has(index)) continue;
      const read = readOne(this.#job, this.#list, index);
      if (!('error' in read)) items.push(read.item);
      else if (this.#skips) refused.push(read);
      else throw new EndOfCall(read, read.error);
    }
    const folded = this.#folds ? this.#job.fold?.(items) : undefined;
    this.#latest = { number, items: folded ?? items, dropped: [], refused };
    return this.#latest;
  }
}
