import { type AnyMapping, blamesRecord, EndOfCall, type FailedRecord, SyncRefusedError } from '@uno/domain';
import { sqlstateOf, UnoError, ValidationError } from '@uno/postgres';
import type { Prepared, Verdict } from '../engine/batch-job.js';
import type { ChunkSource } from '../engine/chunk.js';
import { StartOverNeeded } from '../engine/start-over-needed.js';
import { UpsertJob } from '../operations/upsert-job.js';
import { upsertByKey } from '../operations/upsert-plan.js';
import type { WriteAccount, Written } from '../operations/write-account.js';
import type { WriteJobOptions } from '../operations/write-job.js';
import type { WorkItem } from '../shapes/work-item.js';
import { keyArrays } from '../statements/column-arrays.js';
import { mostKeys, type WriteSession } from '../workspace/write-session.js';
import { countPart, type PartOfTable, PresentKeys } from './present-keys.js';
import type { BatchSyncOptions } from './sync-options.js';

/** What a sync goes by. */
export interface SyncPlan {
  readonly part: PartOfTable;
  readonly updateColumns: readonly string[] | undefined;
  readonly maxDeletions: BatchSyncOptions<AnyMapping>['maxDeletions'];
  readonly allowEmpty: boolean;
}

/**
 * Upserts the records of a source by the key, remembers their keys on the server, and at the end deletes the rows of the
 * part that have none of them. Two statements a chunk, and about four besides.
 */
export class SyncJob<M extends AnyMapping> extends UpsertJob<M> {
  readonly #plan: SyncPlan;
  #present: PresentKeys;
  /** Whether there is a record that stands for a row, whatever becomes of it. */
  #isAnyPresent = false;
  /** The most rows that may be deleted; `undefined` where that is not limited. */
  #limit: number | undefined;
  #deleted = 0;
  #hasDeleted = false;
  #mayDeleteFirst = false;

  constructor(options: WriteJobOptions<M>, plan: SyncPlan) {
    super(options, upsertByKey(options.mapping, plan.updateColumns));
    this.#plan = plan;
    this.#present = new PresentKeys(plan.part);
  }

  /** Rows that were missing in the source, in the latest attempt. */
  get deleted(): number {
    return this.#deleted;
  }

  /** A row that is missing in the source may have a unique value that a record has: it has to go first then. */
  async begin(
    session: WriteSession,
    source: ChunkSource<WorkItem, Prepared<WriteSession, Written>>,
    isAgain: boolean,
  ): Promise<void> {
    const { execute } = session;
    const { part, maxDeletions } = this.#plan;
    this.#isAnyPresent = false;
    this.#deleted = 0;
    this.#present = new PresentKeys(part);
    await this.#present.create(execute);
    this.#limit =
      typeof maxDeletions === 'object'
        ? Math.floor(maxDeletions.fraction * (await countPart(execute, part)))
        : maxDeletions;
    this.#mayDeleteFirst = source.isAtHand && !isAgain;
    this.#hasDeleted = false;
    if (!isAgain) return;
    for await (const { items, refused } of source.chunks()) {
      if (items.length > 0) await this.#present.add(execute, this.#keyArrays(items));
      this.#isAnyPresent ||= items.length > 0;
      await this.#noteFailed(session, refused);
    }
    await this.#delete(session);
  }

  override prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const upsert = super.prepare(items);
    const arrays = this.#keyArrays(items);
    return {
      isOneStatement: false,
      send: async (session) => {
        const written = await upsert.send(session).catch((error: unknown) => {
          throw this.#mayDeleteFirst && isConflict(error) ? new StartOverNeeded(error) : error;
        });
        await this.#note(session, items, arrays);
        return written;
      },
    };
  }

  override async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const written = await super.alone(session, item);
    await this.#note(session, [item], this.#keyArrays([item]));
    return written;
  }

  override judge(error: unknown): Verdict {
    return error instanceof StartOverNeeded ? 'call' : super.judge(error);
  }

  /**
   * @throws SyncRefusedError when too much would be deleted
   * @throws EndOfCall when a row cannot be deleted, or a record that was left out does not say which row it stands for
   */
  async finish(session: WriteSession, { failures }: WriteAccount<M>): Promise<void> {
    if (!this.#hasDeleted) {
      await this.#noteFailed(session, failures);
      await this.#delete(session);
    }
    if (this.workspace.isJoined) await this.#present.drop(session.execute);
  }

  async #delete(session: WriteSession): Promise<void> {
    if (!this.#isAnyPresent && !this.#plan.allowEmpty) {
      throw new SyncRefusedError(
        this.mapping.name,
        'its source has no record, so that all rows would be deleted. If that is meant, say allowEmpty: true.',
      );
    }
    const { execute } = session;
    await this.#present.analyze(execute);
    if (this.#limit !== undefined) this.#checkLimit(await this.#present.countMissing(execute), this.#limit);
    this.#deleted = await this.#deleteMissing(session).catch((error: unknown) => {
      // A row that something still needs is no record's fault.
      throw blamesRecord(error) ? new EndOfCall({ index: undefined, key: undefined }, error) : error;
    });
    // Others may have committed rows since they were counted.
    if (this.#limit !== undefined) this.#checkLimit(this.#deleted, this.#limit);
    this.#hasDeleted = true;
  }

  #keyArrays(items: readonly WorkItem[]): string[] {
    return keyArrays(
      this.mapping,
      items.map(({ key }) => key ?? []),
    );
  }

  async #note(session: WriteSession, items: readonly WorkItem[], arrays: readonly string[]): Promise<void> {
    this.#isAnyPresent = true;
    const outside = await this.#present.addWritten(session.execute, arrays);
    const item = outside === undefined ? undefined : items[outside - 1];
    if (item === undefined) return;
    const { index } = item;
    const key = this.keyOfItem(item);
    throw new ValidationError(
      `${this.mapping.name} record ${index} (key ${key}) does not lie in the part of the table that is synced: the filters do not find its row.`,
      { index, key },
    );
  }

  /** The row of a record that was left out is not missing in the source. */
  async #noteFailed(session: WriteSession, failures: readonly FailedRecord[]): Promise<void> {
    if (failures.length === 0) return;
    this.#isAnyPresent = true;
    const keys = failures.map(({ key, index, error }) => {
      // Nobody can tell its row from those that are to be deleted.
      if (key === undefined) throw new EndOfCall({ index, key }, error);
      return this.#textsOf(key);
    });
    const add = (some: readonly (readonly string[])[]) =>
      session.attempt(() => this.#present.add(session.execute, keyArrays(this.mapping, some)));
    try {
      await add(keys);
    } catch (error) {
      if (!blamesRecord(error)) throw error;
      // What the key's type refuses is no row's key.
      for (const key of keys) await add([key]).catch(passOver);
    }
  }

  #textsOf(key: string): readonly string[] {
    return this.mapping.keyFields.length === 1 ? [key] : (JSON.parse(key) as string[]);
  }

  #checkLimit(missing: number, allowed: number): void {
    if (missing <= allowed) return;
    throw new SyncRefusedError(
      this.mapping.name,
      `${missing} rows are missing in its source and would be deleted, and maxDeletions allows ${allowed}.`,
      { deletions: missing, maxDeletions: allowed },
    );
  }

  async #deleteMissing(session: WriteSession): Promise<number> {
    if (!session.isObserved) return this.#present.deleteMissing(session.execute);
    const { deleted, keys } = await this.#present.deleteMissingWithKeys(session.execute, mostKeys + 1);
    session.touch(() => keys);
    return deleted;
  }
}

/** A unique or an exclusion constraint. */
function isConflict(error: unknown): boolean {
  return UnoError.is(error) && ['23505', '23P01'].includes(sqlstateOf(error) ?? '');
}

function passOver(error: unknown): void {
  if (!blamesRecord(error)) throw error;
}
