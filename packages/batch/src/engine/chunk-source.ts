import { calling } from '@uno/domain';
import type { OpenSource } from '../source/batch-source.js';
import { SkippedRecords } from '../source/skipped-records.js';
import type { Account, BatchJob, Prepared, Session } from './batch-job.js';
import { Breather } from './breather.js';
import type { Chunk, ChunkSource } from './chunk.js';
import type { EngineCall } from './engine-call.js';
import { type ReadRecords, RecordReader } from './record-reader.js';

/** Cuts items into chunks of at most `size`, in order; what was found while they were read goes with the first. */
export function chunksOf<I, P>({ items, dropped, refused }: Readonly<ReadRecords<I>>, size: number): Chunk<I, P>[] {
  const chunks: Chunk<I, P>[] = [];
  for (let start = 0; start < items.length; start += size) {
    const first = start === 0;
    chunks.push({
      number: chunks.length,
      items: items.slice(start, start + size),
      dropped: first ? dropped : [],
      refused: first ? refused : [],
    });
  }
  if (chunks.length === 0 && dropped.length + refused.length > 0) chunks.push({ number: 0, items, dropped, refused });
  return chunks;
}

/** Chunks that are there already. */
export class ListedChunks<I, P> implements ChunkSource<I, P> {
  readonly isRepeatable = true;
  readonly isAtHand = true;
  readonly total: number;
  readonly #chunks: readonly Chunk<I, P>[];

  constructor(chunks: readonly Chunk<I, P>[], total: number) {
    this.#chunks = chunks;
    this.total = total;
  }

  get isSingle(): boolean {
    return this.#chunks.length <= 1;
  }

  *items(): IterableIterator<I> {
    for (const { items } of this.#chunks) yield* items;
  }

  async *chunks(): AsyncIterableIterator<Chunk<I, P>> {
    yield* this.#chunks;
  }

  after({ number }: Chunk<I, P>): Chunk<I, P> | undefined {
    return this.#chunks[number + 1];
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
    return { number: this.#number++, items: this.#job.fold?.(items) ?? items, dropped, refused };
  }

  async #take(): Promise<readonly R[]> {
    const { batchSize, deadline } = this.#call;
    const { list } = this.#source;
    if (list !== undefined) {
      const records = list.slice(this.#taken, this.#taken + batchSize);
      this.#taken += records.length;
      this.#ended = this.#taken >= list.length;
      return records;
    }
    const records: R[] = [];
    this.#taken += this.#skipped;
    this.#skipped = 0;
    while (records.length < batchSize) {
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
      records.push(next.record);
      this.#taken++;
      if (this.#breather.isDue()) await this.#breather.breathe();
    }
    return records;
  }
}
