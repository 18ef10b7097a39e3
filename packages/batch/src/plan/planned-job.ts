import type { Account, BatchJob, Session, Workspace } from '../engine/batch-job.js';
import type { WriteSession } from '../workspace/write-session.js';

/** What is to be known of the place where a call would be done. */
export type PlannedPlace = Pick<Workspace<Session>, 'isJoined' | 'spareWorkers'>;

/** A job that is planned: all of it but a place where it could be done. */
export interface PlannedJob<I, V, A extends Account<I, V>>
  extends Omit<BatchJob<WriteSession, unknown, I, V, A>, 'workspace'> {
  readonly workspace: PlannedPlace;
}
