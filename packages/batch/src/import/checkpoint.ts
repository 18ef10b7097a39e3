import { randomUUID } from 'node:crypto';
import { executeText, preparedStatement, type Queryable, type TextStatement, UnoError } from '@uno/postgres';
import type { Step } from '../engine/step.js';
import type { WriteSession } from '../workspace/write-session.js';
import { type CheckpointTables, checkpointTables, createCheckpointTables } from './checkpoint-tables.js';
import { digestOf, type FileIdentity, identityOf } from './digest.js';
import { CheckpointError, SourceChangedError } from './import-errors.js';
import type { ImportRecord } from './import-record.js';
import type { CheckpointOptions, ImportResult } from './import-options.js';
import type { RejectsRange } from './rejects-file.js';

/** What became of the records of a chunk, or of several. */
export type ImportCounts = Pick<ImportResult, 'inserted' | 'updated' | 'unchanged' | 'skipped' | 'failed'>;

/** A chunk that is committed. */
interface DoneChunk extends RejectsRange {
  readonly last: number;
  readonly digest: string;
}

/** What a checkpoint is of. */
export interface CheckpointOf {
  readonly db: Queryable;
  /** What has to be the same in every call that goes on from it, as text. */
  readonly call: string;
  /** The path of the source, if it is a file. */
  readonly path: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * How far an import has come: a row for every chunk, written in the chunk's own transaction. Whoever goes on from it makes
 * that known by an id of his run, which every chunk checks: so what an earlier run has still under way is either committed
 * before or never.
 */
export class Checkpoint {
  /** Whether the import came to its end. */
  readonly isFinished: boolean;
  /** What earlier runs came to. */
  readonly before: ImportCounts & { readonly total: number; readonly elapsedMs: number };
  readonly #name: string;
  readonly #tables: CheckpointTables;
  readonly #run: string;
  readonly #done: readonly DoneChunk[];
  readonly #beganMs: number;
  #at = 0;
  #read: ImportRecord[] = [];

  private constructor(
    state: {
      readonly name: string;
      readonly tables: CheckpointTables;
      readonly run: string;
      readonly isFinished: boolean;
    },
    done: readonly DoneChunk[],
    before: Checkpoint['before'],
  ) {
    this.#name = state.name;
    this.#tables = state.tables;
    this.#run = state.run;
    this.isFinished = state.isFinished;
    this.#done = done;
    this.before = before;
    this.#beganMs = performance.now();
  }

  /**
   * Begins one, or takes over one that is there: an earlier run that is still alive cannot commit any more.
   *
   * @throws SourceChangedError when a file has changed
   * @throws CheckpointError when it is of another call
   */
  static async open(options: CheckpointOptions, about: CheckpointOf): Promise<Checkpoint> {
    const { name, schema } = options;
    const { db, call, path, signal } = about;
    const tables = checkpointTables(schema);
    await createCheckpointTables(db, tables, signal);
    const known = await knownCheckpoint(about, name, tables);
    if (known !== undefined && known.call !== call) {
      throw new CheckpointError(
        name,
        `The checkpoint "${name}" is of another import: of ${known.call}, and not of ${call}. Choose another name, or forget it.`,
      );
    }
    const identity = path === undefined ? undefined : await identityOf(path, signal, known?.source);
    if (known?.source !== undefined && known.source.sha256 !== identity?.sha256) {
      throw new SourceChangedError(name, 'the file has changed since');
    }
    const run = randomUUID();
    const begin = `insert into ${tables.imports} as known (name, call, source, run) values ($1, $2, $3, $4)
on conflict (name) do update set run = excluded.run returning finished_at is not null`;
    const source = identity === undefined ? null : JSON.stringify(identity);
    const { rows } = await executeText(db, { sql: begin }, [name, call, source, run], { signal });
    const isFinished = rows[0]?.[0] === 't';
    return new Checkpoint({ name, tables, run, isFinished }, ...(await doneChunks(about, name, tables)));
  }

  /** Where the rejected records of the chunks that are done lie in their file. */
  get rejects(): readonly RejectsRange[] {
    return this.#done;
  }

  /** @throws CheckpointError when earlier runs have written rejected records, which would be lost without their file */
  checkNoRejects(): void {
    if (this.isFinished || this.#done.every(({ from, to }) => from === to)) return;
    throw new CheckpointError(
      this.#name,
      `Earlier runs of "${this.#name}" have written rejected records: say \`rejects\` again, with the same path.`,
    );
  }

  /**
   * Whether a record is done. To be asked of all records of the source, in their order.
   *
   * @throws SourceChangedError when those that are done read otherwise now
   */
  isDone(record: ImportRecord): boolean {
    const chunk = this.#done[this.#at];
    if (chunk === undefined && this.isFinished) {
      throw new SourceChangedError(this.#name, 'it had come to its end before, and now has more records');
    }
    if (chunk === undefined || record.number < chunk.first) return false;
    this.#read.push(record);
    if (record.number < chunk.last) return true;
    const isSame = digestOf(this.#read) === chunk.digest;
    this.#read = [];
    this.#at++;
    if (isSame) return true;
    const { first, last } = chunk;
    throw new SourceChangedError(
      this.#name,
      `of the records ${first} to ${last}, which are done, one reads otherwise`,
      {
        first,
        last,
      },
    );
  }

  /**
   * The source has come to its end.
   *
   * @throws SourceChangedError when that is before the end of what is done
   */
  checkEnd(records: number): void {
    const missing = this.#done.at(-1);
    if (this.#at >= this.#done.length || missing === undefined) return;
    throw new SourceChangedError(this.#name, `it has ${records} records, and ${missing.last + 1} were read before`);
  }

  /**
   * Keeps what became of a chunk, in its own transaction.
   *
   * @throws CheckpointError when another run has taken over
   */
  async keep(
    session: WriteSession,
    records: readonly ImportRecord[],
    counts: ImportCounts,
    rejects: Pick<RejectsRange, 'from' | 'to'>,
  ): Promise<void> {
    const first = records[0]?.number ?? 0;
    const last = records.at(-1)?.number ?? 0;
    const { inserted, updated, unchanged, skipped, failed } = counts;
    const numbers = [first, last, inserted, updated, unchanged, skipped, failed].map(String);
    const { from, to } = rejects;
    const parameters = [this.#name, this.#run, ...numbers, digestOf(records), `${from}`, `${to}`, `${this.elapsedMs}`];
    const { affected } = await session.execute(keepStatement(this.#tables), parameters).catch((error: unknown) => {
      throw UnoError.is(error) && error.retry === 'never' ? this.#unkept(error) : error;
    });
    if (affected !== 1) {
      throw new CheckpointError(
        this.#name,
        `The checkpoint "${this.#name}" was taken over by another run, or forgotten; what this one had under way is rolled back.`,
      );
    }
  }

  /** The import has come to its end. */
  async finish(db: Queryable, signal: AbortSignal | undefined): Promise<void> {
    if (this.isFinished) return;
    const sql = `update ${this.#tables.imports} set finished_at = now() where name = $1 and run = $2`;
    await executeText(db, { sql }, [this.#name, this.#run], { signal });
  }

  /** Milliseconds of this run. */
  get elapsedMs(): number {
    return performance.now() - this.#beganMs;
  }

  #unkept(cause: UnoError): CheckpointError {
    return new CheckpointError(this.#name, `The progress of "${this.#name}" could not be kept: ${cause.message}`, {
      cause,
    });
  }
}

/** Keeps what became of a chunk, unless another run has taken over. */
function keepStatement({ imports, chunks }: CheckpointTables): TextStatement {
  return preparedStatement(`insert into ${chunks} (name, first, last, inserted, updated, unchanged, skipped, failed, digest, rejects_from, rejects_to, run, elapsed_ms)
select name, $3, $4, $5, $6, $7, $8, $9, decode($10, 'hex'), $11, $12, run, $13 from ${imports} where name = $1 and run = $2 for share`);
}

/** What a checkpoint sends with every chunk, for plans. */
export function keepingSteps({ schema }: CheckpointOptions): readonly Step[] {
  const { sql } = keepStatement(checkpointTables(schema));
  return [{ way: 'aside', why: 'the progress is kept', sql, parameters: 13, times: 1, indices: [] }];
}

/**
 * Forgets how far an import has come, so that its name is free. What it has written stays.
 *
 * @returns whether there was one
 */
export async function forgetCheckpoint(db: Queryable, checkpoint: string | CheckpointOptions): Promise<boolean> {
  const { name, schema } = typeof checkpoint === 'string' ? { name: checkpoint, schema: undefined } : checkpoint;
  const tables = checkpointTables(schema);
  await createCheckpointTables(db, tables);
  const { affected } = await executeText(db, { sql: `delete from ${tables.imports} where name = $1` }, [name]);
  return affected > 0;
}

async function knownCheckpoint(
  { db, signal }: CheckpointOf,
  name: string,
  { imports }: CheckpointTables,
): Promise<{ readonly call: string; readonly source: FileIdentity | undefined } | undefined> {
  const sql = `select call, source from ${imports} where name = $1`;
  const { rows } = await executeText(db, { sql }, [name], { signal });
  const [call, source] = rows[0] ?? [];
  if (typeof call !== 'string') return undefined;
  return { call, source: source ? JSON.parse(source) : undefined };
}

async function doneChunks(
  { db, signal }: CheckpointOf,
  name: string,
  { chunks }: CheckpointTables,
): Promise<[readonly DoneChunk[], Checkpoint['before']]> {
  const sql = `select first, last, encode(digest, 'hex'), rejects_from, rejects_to, inserted, updated, unchanged, skipped, failed, run, elapsed_ms
from ${chunks} where name = $1 order by first`;
  const { rows } = await executeText(db, { sql }, [name], { signal });
  const sums = { total: 0, inserted: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
  const elapsed = new Map<string, number>();
  const done = rows.map((row): DoneChunk => {
    const [first, last, , from, to, inserted, updated, unchanged, skipped, failed] = row.map(Number);
    const [, , digest, , , , , , , , run] = row.map(String);
    const chunk = { first: first ?? 0, last: last ?? 0, from: from ?? 0, to: to ?? 0, digest: digest ?? '' };
    sums.total += chunk.last - chunk.first + 1;
    sums.inserted += inserted ?? 0;
    sums.updated += updated ?? 0;
    sums.unchanged += unchanged ?? 0;
    sums.skipped += skipped ?? 0;
    sums.failed += failed ?? 0;
    const ms = Number(row[11]);
    elapsed.set(run ?? '', Math.max(elapsed.get(run ?? '') ?? 0, ms));
    return chunk;
  });
  const elapsedMs = [...elapsed.values()].reduce((sum, ms) => sum + ms, 0);
  return [done, { ...sums, elapsedMs }];
}
