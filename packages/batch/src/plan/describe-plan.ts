import type { IndexRange } from '@uno/domain';
import type { BatchPlan, PlannedChunks, PlannedStatement, PlannedTransactions } from './batch-plan.js';

/**
 * A plan as text, for people to read.
 *
 * @example
 * ```ts
 * console.log(describePlan(await operations.plan.batchInsert(records, { strategy: 'parallel' })));
 * ```
 */
export function describePlan(plan: BatchPlan): string {
  const { operation, table, records, strategy, sets, connections, roundTrips, notes, onFailure } = plan;
  const lines = [
    `${operation} on ${table}: ${records === null ? 'records of unknown number' : counted(records, 'record')}`,
    `strategy: ${strategy.name}, because ${strategy.why}; chunks go ${strategy.runs}${strategy.whyInOrder === null ? '' : `, because ${strategy.whyInOrder}`}`,
    `chunks: ${chunksText(plan.chunks)}`,
    `sets: ${setsText(sets)}`,
    `transactions: ${transactionsText(plan.transactions)}`,
    `connections: ${connections.most === null ? 'unknown' : `${connections.most} at most`}${connections.poolSize === null ? '' : ` of ${connections.poolSize} in the pool`}`,
    `round trips: ${roundTrips ?? 'unknown'}`,
    'statements:',
    ...plan.statements.flatMap(statementLines),
    ...(plan.statements.length === 0 ? ['  none that are known'] : []),
    'on failure:',
    ...onFailure.says.map((say) => `  ${say}`),
    ...(notes.length === 0 ? [] : ['notes:', ...notes.map((note) => `  ${note}`)]),
  ];
  return lines.join('\n');
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function chunksText({ count, sizes, cutBy, folded, refused }: PlannedChunks): string {
  const parts = [count === null ? `of unknown number, by ${cutBy}` : `${count}, by ${cutBy}`];
  if (sizes !== null && sizes.length > 0) parts.push(`of ${runs(sizes).join(', ')} records`);
  if (folded !== null && folded > 0) parts.push(`${counted(folded, 'record')} made one with another`);
  for (const { index, key, code, message } of refused) {
    parts.push(`record ${index}${key === null ? '' : ` (key ${key})`} left out: ${code}, ${message}`);
  }
  return parts.join('; ');
}

/** `3 × 1000, 17` */
function runs(sizes: readonly number[]): string[] {
  const found: { readonly size: number; times: number }[] = [];
  for (const size of sizes) {
    const last = found.at(-1);
    if (last?.size === size) last.times++;
    else found.push({ size, times: 1 });
  }
  return found.map(({ size, times }) => (times === 1 ? String(size) : `${times} × ${size}`));
}

function setsText({ oneByOne, why }: BatchPlan['sets']): string {
  if (oneByOne === null || oneByOne === 0) return why;
  const whose = oneByOne === 1 ? '1 record goes by itself' : `${oneByOne} records go one by one`;
  return `${whose}, because ${why}`;
}

function transactionsText({ count, alone, joined, savepoints, isolation }: PlannedTransactions): string {
  const own = joined ? "none but the caller's" : `${count ?? 'an unknown number'}, isolation: ${isolation}`;
  const parts = [own, savepoints === null ? 'savepoints: unknown' : `savepoints: ${savepoints}`];
  if (!joined) parts.push(`statements that commit by themselves: ${alone ?? 'unknown'}`);
  return parts.join('; ');
}

function statementLines({
  when,
  way,
  why,
  sql,
  parameters,
  times,
  records,
  positions,
  onlyIf,
}: PlannedStatement): string[] {
  const often = onlyIf === null ? timesText(times) : `only if ${onlyIf}`;
  const whose = records === null || records === 0 ? '' : ` for ${counted(records, 'record')} (${ranges(positions)})`;
  const place = when === 'chunk' ? '' : `${when} the chunks, `;
  return [`  ${place}${way}, ${often}${whose}, ${counted(parameters, 'parameter')}, because ${why}:`, `    ${sql}`];
}

function timesText(times: number | null): string {
  if (times === null) return 'an unknown number of times';
  return times === 1 ? 'once' : `${times} times`;
}

function ranges(positions: readonly IndexRange[]): string {
  const shown = positions.slice(0, 5).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return shown.join(', ') + (positions.length > shown.length ? ', …' : '');
}
