import type { BatchWriteOptions, ChosenStrategy } from '@uno/domain';
import type { EngineCall } from '../engine/engine-call.js';
import { isSideBySide } from '../engine/most-at-once.js';
import type { PlannedStrategy } from './batch-plan.js';

/** What decides on the strategy of a call. */
export interface StrategyCase {
  readonly call: EngineCall;
  readonly isJoined: boolean;
  /** What the caller said. */
  readonly said: Pick<BatchWriteOptions, 'parallel'>;
  /** What came of that, before the operation had its say. */
  readonly chosen: ChosenStrategy;
  /** Whether the configuration names a strategy. */
  readonly isConfigured: boolean;
  /** Why the operation takes another one. */
  readonly whyOther?: string | undefined;
}

/** The strategy of a call, and why it is that. */
export function planStrategy(about: StrategyCase): PlannedStrategy {
  const { call, isJoined, whyOther = 'the operation takes another one' } = about;
  const { strategy: name } = call;
  const chosen = whyChosen(about);
  const isOther = about.chosen.strategy !== name;
  const runs = isSideBySide(call, { isJoined }) ? 'side by side' : 'in order';
  return {
    name,
    why: isOther ? `${chosen}, but ${whyOther}` : chosen,
    runs,
    whyInOrder:
      name === 'parallel' && runs === 'in order'
        ? "the call is part of a transaction of the caller's, which has one connection"
        : null,
  };
}

function whyChosen({ said, chosen: { strategy, from }, isConfigured }: StrategyCase): string {
  if (from === 'strategy') return `the call says strategy: '${strategy}'`;
  if (from === 'parallel') {
    return said.parallel === true ? 'the call says parallel: true' : 'the call says parallel: false';
  }
  return isConfigured ? `the configuration says executionStrategy: '${strategy}'` : 'nobody says otherwise';
}
