import type { AnyMapping } from '@uno/domain';
import type { UnoError } from '@uno/postgres';
import type { ChunkReport, Entry } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import { InsertJob } from '../operations/insert-job.js';
import { UpsertJob } from '../operations/upsert-job.js';
import type { UpsertPlan } from '../operations/upsert-plan.js';
import type { Written } from '../operations/write-account.js';
import type { WriteJobOptions } from '../operations/write-job.js';
import type { WorkItem } from '../shapes/work-item.js';
import type { WriteSession } from '../workspace/write-session.js';
import { namingField } from './faulty-field.js';
import type { ImportIntake } from './import-intake.js';

/** What an import does besides writing its records. */
export interface Importing {
  readonly intake: ImportIntake;
  /** Keeps the progress in the transaction of a chunk, where it is to be kept. */
  readonly seal?: ((session: WriteSession, report: ChunkReport<WorkItem, Written>) => Promise<void>) | undefined;
  /** What that sends. */
  readonly sealSteps?: (() => readonly Step[]) | undefined;
  /** Hears of a chunk that is done. */
  done(report: ChunkReport<WorkItem, Written>): Promise<void>;
}

/** An import of which every record is new. */
export class ImportInsertJob<M extends AnyMapping> extends InsertJob<M> {
  readonly seal: Importing['seal'];
  readonly sealSteps: Importing['sealSteps'];
  readonly #intake: ImportIntake;

  constructor(options: WriteJobOptions<M>, importing: Importing) {
    super({ ...options, done: (report) => importing.done(report) });
    this.#intake = importing.intake;
    this.seal = importing.seal;
    this.sealSteps = importing.sealSteps;
  }

  /** What is known of the table helps to tell what is wrong with a record. */
  override async ready(): Promise<void> {
    await super.ready();
    await this.readFacts();
  }

  override read(entry: Entry<unknown>): WorkItem {
    return super.read(this.#intake.recordOf(entry));
  }

  explain(session: WriteSession, item: WorkItem, error: UnoError): Promise<UnoError> {
    return namingField(session, { mapping: this.mapping, facts: this.facts }, item, error);
  }

  override keyOfRecord(record: unknown): string | undefined {
    return keyOf(this.#intake, record, (one) => super.keyOfRecord(one));
  }
}

/** An import of which some records may be there already. */
export class ImportUpsertJob<M extends AnyMapping> extends UpsertJob<M> {
  readonly seal: Importing['seal'];
  readonly sealSteps: Importing['sealSteps'];
  readonly #intake: ImportIntake;

  constructor(options: WriteJobOptions<M>, plan: UpsertPlan, importing: Importing) {
    super({ ...options, done: (report) => importing.done(report) }, plan);
    this.#intake = importing.intake;
    this.seal = importing.seal;
    this.sealSteps = importing.sealSteps;
  }

  override read(entry: Entry<unknown>): WorkItem {
    return super.read(this.#intake.recordOf(entry));
  }

  explain(session: WriteSession, item: WorkItem, error: UnoError): Promise<UnoError> {
    return namingField(session, { mapping: this.mapping, facts: this.facts }, item, error);
  }

  override keyOfRecord(record: unknown): string | undefined {
    return keyOf(this.#intake, record, (one) => super.keyOfRecord(one));
  }
}

/** What cannot be read has no key that could be named. */
function keyOf(intake: ImportIntake, record: unknown, keyOfRecord: (record: unknown) => string | undefined) {
  try {
    return keyOfRecord(intake.recordOf({ record, index: 0 }).record);
  } catch {
    return undefined;
  }
}
