import type { Stage } from './stage.js';
import type { AnyRun, Way } from './way.js';

/** One of those that are compared at an operation. */
export interface Contestant {
  readonly way: Way;
  readonly run: AnyRun;
  readonly stage: Stage;
  /** The process that does the work of the client, if it is not this one. */
  readonly pid: number | undefined;
}

/** `uno-5000 models`: by what a contestant is called. */
export function labelOf({ way, run }: Contestant): string {
  return run.how === undefined ? way.name : `${way.name} ${run.how}`;
}
