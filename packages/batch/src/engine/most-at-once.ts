import type { Session, Workspace } from './batch-job.js';
import type { EngineCall } from './engine-call.js';

/** Whether chunks go on connections of their own: in a transaction of the caller there is one. */
export function isSideBySide(
  { strategy }: Pick<EngineCall, 'strategy'>,
  { isJoined }: Pick<Workspace<Session>, 'isJoined'>,
): boolean {
  return strategy === 'parallel' && !isJoined;
}

/**
 * How many chunks may be done side by side at this moment: what the call asks for, and what its place can spare.
 *
 * @param underWay - how many are
 */
export function mostAtOnce(
  { maxWorkers }: Pick<EngineCall, 'maxWorkers'>,
  workspace: Pick<Workspace<Session>, 'spareWorkers'>,
  underWay: number,
): number {
  return Math.max(1, Math.min(maxWorkers, workspace.spareWorkers(underWay)));
}
