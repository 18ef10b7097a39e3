import { expect } from '@jest/globals';
import type { BatchPlan } from '@uno/batch';
import type { Watched } from './watched-pool.js';

/** Every temporary table has a name of its own. */
function plain(text: string): string {
  return text.replace(/uno_sync_[0-9a-f-]{36}/g, 'uno_sync');
}

/** Compares what was planned with what was sent. */
export function expectTrue(plan: BatchPlan, watched: Watched): void {
  const sent = new Map<string, number>();
  for (const [text, times] of watched.statements) sent.set(plain(text), (sent.get(plain(text)) ?? 0) + times);
  const sure = new Map<string, number>();
  const possible = new Set<string>();
  for (const { sql, times, onlyIf, way } of plan.statements) {
    const name = plain(sql);
    if (onlyIf !== null || times === null) possible.add(name);
    // Those of a round trip are shown once to who looks on.
    else sure.set(name, way === 'together' ? (sent.get(name) ?? Number.NaN) : (sure.get(name) ?? 0) + times);
  }
  const surely = [...sent].filter(([text]) => sure.has(text) || !possible.has(text));
  expect(Object.fromEntries(surely)).toEqual(Object.fromEntries(sure));
  const { count, savepoints, joined } = plan.transactions;
  if (count !== null) expect(watched.transactions).toBe(count);
  if (savepoints !== null) expect(watched.savepoints).toBe(savepoints);
  const isAll = surely.length === sent.size;
  const copies = plan.statements.reduce((sum, { way, times }) => sum + (way === 'copy' ? (times ?? 0) : 0), 0);
  if (plan.roundTrips !== null && isAll) expect(watched.messages + copies).toBe(plan.roundTrips);
  const { most } = plan.connections;
  if (joined || most === null) return;
  if (plan.strategy.runs === 'in order' && plan.strategy.name !== 'pipelined') expect(watched.connections).toBe(most);
  else expect(watched.connections).toBeLessThanOrEqual(most);
}
