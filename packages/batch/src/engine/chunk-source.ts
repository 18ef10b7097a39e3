import { calling } from '@uno/domain';
import type { OpenSource } from '../source/batch-source.js';
import { SkippedRecords } from '../source/skipped-records.js';
import type { ChunkSizes } from '../tuning/chunk-sizes.js';
import { Cut, endOfChunk } from '../tuning/cut.js';
import type { Account, BatchJob, Prepared, Session } from './batch-job.js';
import { Breather } from './breather.js';
import type { Chunk, ChunkSource } from './chunk.js';
import { CutChunks, type Stretch } from './cut-chunks.js';
import type { EngineCall } from './engine-call.js';
import { type ReadRecords, RecordReader } from './record-reader.js';

/** Chunks of items that are all read. What was found while they were read goes with the first. */
export class ListedChunks<I, P> extends CutChunks<I, P> {
  readonly #read: Readonly<ReadRecords<I>>;

  /** @param total - records in the source, of which several may have become one item */
  constructor(read: Readonly<ReadRecords<I>>, sizes: ChunkSizes, total: number) {
    super(read.items, sizes, total);
    this.#read = read;
  }

  items(): Iterable<I> {
    return this.#read.items;
  }

  protected override get hasMore(): boolean {
    return this.#read.dropped.length + this.#read.refused.length > 0;
  }

  protected make({ number, start, end }: Stretch): Chunk<I, P> {
    const { items, dropped, refused } = this.#read;
    const more = start === 0 ? { dropped, refused } : { dropped: [], refused: [] };
    return { number, items: items.slice(start, end), taken: end - start, ...more };
  }
}

/** Reads everything there is, so that all of it is checked before anything is sent, and folded together. */
export async function readAll<S extends Session, R, I, V, A extends Account<I, V>>(
  job: BatchJob<S, R, I, V, A>,
  call: EngineCall,
  source: OpenSource<R>,
): Promise<{ readonly read: ReadRecords<I>; readonly total: number }> {
  const records = source.list ?? (await drained(call, source));
  const read = await new RecordReader(job, call).read(records, 0);
  if (job.resolve === undefined) {
    const items = job.fold === undefined ? read.items : [...job.fold(read.items)];
    return { read: { ...read, items }, total: records.length };
  }
  const { items, refused } = await job.resolve(read.items);
  const inOrder = [...read.refused, ...refused].sort((one, other) => one.index - other.index);
  return { read: { ...read, items: [...items], refused: inOrder }, total: records.length };
}

async function drained<R>(call: EngineCall, source: OpenSource<R>): Promise<R[]> {
  const records: R[] = [];
  const breather = new Breather(call.deadline);
  for (;;) {
    const next = await call.deadline.race(calling('source', () => source.next()));
    if (next === undefined) return records;
    records.push(next.record);
    if (breather.isDue()) await breather.breathe();
  }
}

/** Reads a chunk when it is asked for, so that no more than that is in memory. */
export class StreamedChunks<S extends Session, R, I, V, A extends Account<I, V>>
  implements ChunkSource<I, Prepared<S, V>>
{
  readonly isAtHand = false;
  readonly isSingle = false;
  readonly #job: BatchJob<S, R, I, V, A>;
  readonly #call: EngineCall;
  readonly #source: OpenSource<R>;
  readonly #reader: RecordReader<S, R, I, V, A>;
  /** The chunks of an array, for another attempt; those of a stream are gone once they are done. */
  readonly #kept: Chunk<I, Prepared<S, V>>[] | undefined;
  /** What reading failed with: another attempt must not go on behind the records that were lost with it. */
  #failure: { readonly error: unknown } | undefined;
  readonly #breather: Breather;
  #number = 0;
  /** The position of the next record. */
  #taken = 0;
  /** Records that were done before and lie between this chunk and the next. */
  #skipped = 0;
  #ended = false;

  constructor(job: BatchJob<S, R, I, V, A>, call: EngineCall, source: OpenSource<R>) {
    this.#job = job;
    this.#call = call;
    this.#source = source;
    this.#reader = new RecordReader(job, call);
    this.#breather = new Breather(call.deadline);
    this.#kept = source.list === undefined ? undefined : [];
  }

  get isRepeatable(): boolean {
    return this.#kept !== undefined;
  }

  get total(): number | undefined {
    return this.#source.list?.length ?? (this.#ended ? this.#taken : undefined);
  }

  *items(): IterableIterator<I> {
    for (const { items } of this.#kept ?? []) yield* items;
  }

  async *chunks(): AsyncIterableIterator<Chunk<I, Prepared<S, V>>> {
    yield* this.#kept ?? [];
    if (this.#failure !== undefined) throw this.#failure.error;
    while (!this.#ended) {
      const chunk = await this.#next().catch((error: unknown) => {
        this.#failure = { error };
        throw error;
      });
      if (chunk === undefined) continue;
      this.#kept?.push(chunk);
      yield chunk;
    }
  }

  /** Nothing is read ahead here. */
  after(): undefined {
    return undefined;
  }

  async #next(): Promise<Chunk<I, Prepared<S, V>> | undefined> {
    const records = await this.#take();
    if (records.length === 0) return undefined;
    const first = this.#taken - records.length;
    const { items, dropped, refused } = await this.#reader.read(records, first);
    const folded = this.#job.fold?.(items) ?? items;
    return { number: this.#number++, items: folded, taken: records.length, dropped, refused };
  }

  async #take(): Promise<readonly R[]> {
    const { sizes, deadline } = this.#call;
    const { list } = this.#source;
    if (list !== undefined) {
      const records = list.slice(this.#taken, endOfChunk(sizes, list, this.#taken));
      this.#taken += records.length;
      this.#ended = this.#taken >= list.length;
      return records;
    }
    const records: R[] = [];
    this.#taken += this.#skipped;
    this.#skipped = 0;
    const cut = new Cut(sizes, Number.POSITIVE_INFINITY);
    while (records.length < cut.limit) {
      const next = await deadline.race(calling('source', () => this.#source.next()));
      if (next === undefined) {
        this.#ended = true;
        break;
      }
      if (next.record instanceof SkippedRecords) {
        const { count } = next.record;
        // The records of a chunk follow each other.
        if (records.length > 0) {
          this.#skipped = count;
          break;
        }
        this.#taken += count;
        continue;
      }
      if (cut.looksAt(records.length)) cut.look(next.record);
      records.push(next.record);
      this.#taken++;
      if (this.#breather.isDue()) await this.#breather.breathe();
    }
    return records;
  }
}
