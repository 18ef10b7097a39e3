import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WorkerQueue } from '../../src/engine/worker-queue.js';
import { Gate } from './support/gate.js';
import { settle } from './support/settle.js';

/** Gives a queue its tasks in order, as the engine does. */
async function giveAll(
  queue: WorkerQueue,
  tasks: readonly { readonly identities: readonly string[]; readonly run: () => Promise<void> }[],
  limit: () => number,
): Promise<void> {
  for (const [number, { identities, run }] of tasks.entries()) {
    await queue.untilFree(identities, limit);
    if (queue.hasFailed) break;
    queue.begin(number, identities, run);
  }
  await queue.end();
}

/** Tasks that end as a test opens them. */
function gated(...identities: readonly (readonly string[])[]) {
  const begun: number[] = [];
  const gates = identities.map(() => new Gate());
  const tasks = identities.map((texts, i) => ({
    identities: texts,
    run: async () => {
      begun.push(i);
      await gates[i]?.passed;
    },
  }));
  return { begun, gates, tasks };
}

describe('WorkerQueue', () => {
  it('has as many under way as it may', async () => {
    const { begun, gates, tasks } = gated([], [], [], []);
    const queue = new WorkerQueue();
    const all = giveAll(queue, tasks, () => 3);
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    expect(queue.underWay).toBe(3);
    gates[2]?.open();
    await settle();
    expect(begun).toEqual([0, 1, 2, 3]);
    for (const gate of gates) gate.open();
    await all;
    expect(queue.underWay).toBe(0);
  });

  it('asks again each time how many may be under way', async () => {
    const { begun, gates, tasks } = gated([], [], [], [], []);
    let limit = 1;
    const all = giveAll(new WorkerQueue(), tasks, () => limit);
    await settle();
    expect(begun).toEqual([0]);
    limit = 3;
    gates[0]?.open();
    await settle();
    expect(begun).toEqual([0, 1, 2, 3]);
    limit = 1;
    gates[1]?.open();
    await settle();
    expect(begun).toEqual([0, 1, 2, 3]);
    for (const gate of gates) gate.open();
    await all;
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('does one at a time where none would be allowed', async () => {
    const { begun, gates, tasks } = gated([], []);
    const all = giveAll(new WorkerQueue(), tasks, () => 0);
    await settle();
    expect(begun).toEqual([0]);
    for (const gate of gates) gate.open();
    await all;
    expect(begun).toEqual([0, 1]);
  });

  it('keeps tasks with an identity in common apart, in their order', async () => {
    const { begun, gates, tasks } = gated(['a', 'b'], ['c'], ['x', 'b'], ['d']);
    const all = giveAll(new WorkerQueue(), tasks, () => 4);
    await settle();
    expect(begun).toEqual([0, 1]);
    gates[1]?.open();
    await settle();
    expect(begun).toEqual([0, 1]);
    gates[0]?.open();
    await settle();
    expect(begun).toEqual([0, 1, 2, 3]);
    for (const gate of gates) gate.open();
    await all;
  });

  it('begins none after one has failed, waits for those under way, and throws what the first in order failed with', async () => {
    const { begun, gates, tasks } = gated([], [], [], []);
    const queue = new WorkerQueue();
    const all = giveAll(queue, tasks, () => 3);
    const outcome = all.catch((error: unknown) => error);
    await settle();
    gates[1]?.fail(new Error('second'));
    await settle();
    expect(queue.hasFailed).toBe(true);
    gates[0]?.fail(new Error('first'));
    await settle();
    expect(queue.underWay).toBe(1);
    gates[2]?.open();
    expect(await outcome).toEqual(new Error('first'));
    expect(begun).toEqual([0, 1, 2]);
  });

  it('never has two with an identity in common, nor too many, under way in any interleaving', async () => {
    const identities = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(identities),
        fc.integer({ min: 1, max: 4 }),
        fc.scheduler(),
        async (all, limit, scheduler) => {
          const underWay = new Set<string>();
          const order: string[] = [];
          let running = 0;
          const tasks = all.map((texts) => ({
            identities: texts,
            run: async () => {
              running++;
              expect(running).toBeLessThanOrEqual(limit);
              for (const text of texts) {
                expect(underWay.has(text)).toBe(false);
                underWay.add(text);
              }
              order.push(...texts);
              await scheduler.schedule(Promise.resolve());
              for (const text of texts) underWay.delete(text);
              running--;
            },
          }));
          await scheduler.waitFor(giveAll(new WorkerQueue(), tasks, () => limit));
          expect(order).toEqual(all.flat());
        },
      ),
    );
  });
});
