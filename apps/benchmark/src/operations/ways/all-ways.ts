import type { Way } from '../way.js';
import { expert } from './expert.js';
import { oneByOne } from './one-by-one.js';
import { psqlCopy } from './psql-copy.js';
import { unoWay } from './uno/uno-way.js';

/** Everything that is compared, in the order of the report. */
export const allWays: readonly Way[] = [
  expert,
  psqlCopy,
  unoWay('uno', 'chunked', {}),
  unoWay('uno-5000', 'chunked 5000', { batchSize: 5000 }),
  unoWay('uno-pipelined', 'pipelined', { executionStrategy: 'pipelined' }),
  unoWay('uno-single', 'single_query', { executionStrategy: 'single_query' }),
  unoWay('uno-optimistic', 'optimistic', { executionStrategy: 'optimistic' }),
  unoWay('uno-parallel', 'parallel', { executionStrategy: 'parallel', maxWorkers: 2 }),
  unoWay('uno-parallel-5000', 'parallel 5000', { executionStrategy: 'parallel', maxWorkers: 2, batchSize: 5000 }),
  oneByOne,
];
