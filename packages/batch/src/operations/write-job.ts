import { type AnyMapping, hydrateLoaded, type Identity, keyOfInput, keyText } from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import type { BatchConfig } from '../config/batch-config.js';
import type { BatchJob, Prepared, Verdict, Workspace } from '../engine/batch-job.js';
import type { ChunkReport, Entry } from '../engine/chunk.js';
import type { EngineCall } from '../engine/engine-call.js';
import { postProcessEach } from '../engine/post-process-each.js';
import { Window } from '../engine/window.js';
import type { WorkItem } from '../shapes/work-item.js';
import { rowOf } from '../statements/row-text.js';
import { noTable, readTableFacts, type TableFacts } from '../statements/table-facts.js';
import { judgeWrite } from '../workspace/judge.js';
import type { WriteSession } from '../workspace/write-session.js';
import {
  type FailedItem,
  type FoldedOutcome,
  keyOfSettled,
  outcomesOf,
  type SettledItem,
  WriteAccount,
  type Written,
} from './write-account.js';

/** What every write of a table is made of. */
export interface WriteJobOptions<M extends AnyMapping> {
  readonly mapping: M;
  readonly db: Queryable;
  readonly workspace: Workspace<WriteSession>;
  readonly call: EngineCall;
  /** Whether the outcome of every record is asked for. */
  readonly outcomes: boolean;
  /** Whether the rows are asked for. */
  readonly models: boolean;
  /** Whether the keys are. */
  readonly keys: boolean;
  /** Records that failed of which more than their number is kept, where not all are. */
  readonly mostFailures?: number | undefined;
  readonly preProcess: BatchConfig['preProcess'];
  readonly postProcess: BatchConfig['postProcess'];
  /** Hears of every chunk that is done, after `postProcess`. */
  readonly done?: ((report: ChunkReport<WorkItem, Written>) => Promise<void>) | undefined;
  /** Whether it is measured how many rows are written that already are as asked. Default `false`. */
  readonly samples?: boolean | undefined;
}

/** A write as the engine sees it. */
export abstract class WriteJob<M extends AnyMapping>
  implements BatchJob<WriteSession, unknown, WorkItem, Written, WriteAccount<M>>
{
  abstract readonly isIdempotent: boolean;
  /** Which of the records that were folded into one has the outcome. */
  protected abstract readonly folded: FoldedOutcome;
  readonly workspace: Workspace<WriteSession>;
  readonly preProcess?: (record: unknown, index: number) => unknown;
  readonly postProcess?: (report: ChunkReport<WorkItem, Written>) => Promise<void>;
  protected readonly mapping: M;
  protected readonly options: WriteJobOptions<M>;
  /** What the catalogue says of the table, where the job has asked for it in {@link ready}. */
  protected facts: TableFacts = noTable;
  /** Whether what became of every single record has to be found out. */
  protected readonly isDetailed: boolean;

  constructor(options: WriteJobOptions<M>) {
    const { preProcess, postProcess, done } = options;
    this.options = options;
    this.mapping = options.mapping;
    this.workspace = options.workspace;
    this.isDetailed = options.outcomes || options.models || options.keys || postProcess !== undefined;
    if (preProcess !== undefined) {
      // What is no object is refused where records are read; a null is not one that `preProcess` gave.
      this.preProcess = (record, index) => (isObject(record) ? preProcess(record, index) : (record ?? undefined));
    }
    if (postProcess !== undefined) {
      const { maxWorkers, deadline } = options.call;
      const window = new Window(maxWorkers, deadline);
      this.postProcess = (report) => postProcessEach(window, deadline, this.#postProcessing(report, postProcess));
    }
    if (done !== undefined) {
      const { postProcess: before } = this;
      this.postProcess = async (report) => {
        await before?.(report);
        await done(report);
      };
    }
  }

  /** Has the facts of the table read, once for each database and table. */
  protected async readFacts(): Promise<void> {
    const { db, call } = this.options;
    this.facts = await readTableFacts(db, this.mapping, call.deadline.signal);
  }

  abstract read(entry: Entry<unknown>): WorkItem;
  abstract prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written>;
  abstract identityOf(item: WorkItem): Identity | undefined;
  abstract alone(session: WriteSession, item: WorkItem): Promise<Written>;

  partsOf(item: WorkItem): readonly WorkItem[] {
    return item.parts ?? [item];
  }

  indicesOf(item: WorkItem): readonly number[] {
    return item.indices;
  }

  recordsOf({ records }: WorkItem): number {
    return records;
  }

  indexOf(item: WorkItem): number {
    return item.index;
  }

  keyOfItem(item: WorkItem): string | undefined {
    return item.key && keyText(item.key);
  }

  keyOfRecord(record: unknown): string | undefined {
    return keyOfInput(this.mapping, record);
  }

  failedOf({ failed = [] }: Written): readonly FailedItem[] {
    return failed;
  }

  judge(error: unknown): Verdict {
    return judgeWrite(error);
  }

  newAccount(): WriteAccount<M> {
    return new WriteAccount(this.mapping, this.options, this.folded);
  }

  merge(into: WriteAccount<M>, part: WriteAccount<M>): void {
    into.mergeAll(part);
  }

  /** Items whose keys may mean the same row in several spellings all have one identity. */
  protected identityByKey(item: WorkItem): Identity | undefined {
    const number = item.keyNumber;
    if (number !== undefined) return number;
    if (item.key === undefined) return undefined;
    return this.mapping.hasTextKey ? keyText(item.key) : '';
  }

  *#postProcessing(
    { pieces }: ChunkReport<WorkItem, Written>,
    postProcess: NonNullable<BatchConfig['postProcess']>,
  ): Iterable<() => void | PromiseLike<void>> {
    for (const settled of pieces.flatMap(({ value }) => ('settled' in value ? value.settled : []))) {
      for (const { index, status } of outcomesOf(settled, this.folded)) {
        const hasRow = status !== 'skipped' || this.folded !== 'first';
        yield () =>
          postProcess({ index, status, key: this.#keyOf(settled) }, hasRow ? this.#modelOf(settled) : undefined);
      }
    }
  }

  #modelOf({ row }: SettledItem): object | undefined {
    if (!this.options.models || row === undefined) return undefined;
    return hydrateLoaded(this.mapping, rowOf(this.mapping, row));
  }

  #keyOf(settled: SettledItem): string | undefined {
    const key = keyOfSettled(this.mapping, settled);
    return key && keyText(key);
  }
}

function isObject(record: unknown): record is object {
  return typeof record === 'object' && record !== null;
}
