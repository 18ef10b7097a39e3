import type { Session, Workspace } from './batch-job.js';
import type { EngineCall } from './engine-call.js';

/**
 * How many chunks may be done side by side at this moment: what the call asks for, and what its place can spare.
 *
 * @param underWay - how many are
 */
export function mostAtOnce<S extends Session>(
  { maxWorkers }: Pick<EngineCall, 'maxWorkers'>,
  workspace: Pick<Workspace<S>, 'spareWorkers'>,
  underWay: number,
): number {
  return Math.max(1, Math.min(maxWorkers, workspace.spareWorkers(underWay)));
}
