import { describe, expect, it } from '@jest/globals';
import { Deadline } from '@uno/domain';
import fc from 'fast-check';
import { isPromise, Window } from '../../src/engine/window.js';
import { Gate } from './support/gate.js';
import { settle } from './support/settle.js';

const noLimit = new Deadline('test', {});

describe('Window', () => {
  it('lets only so many be under way, and begins the next when any of them ends', async () => {
    const gates = Array.from({ length: 5 }, () => new Gate());
    const begun: number[] = [];
    const ends: Promise<void>[] = [];
    const window = new Window(2, noLimit);
    const all = (async () => {
      for (const [i, gate] of gates.entries()) {
        while (window.isFull) await window.untilOneEnds();
        begun.push(i);
        ends.push(window.add(gate.passed));
      }
      await Promise.all(ends);
    })();
    await settle();
    expect(begun).toEqual([0, 1]);
    gates[1]?.open();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    for (const gate of gates) gate.open();
    await all;
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('lets no more begin than may when several wait for the same place', async () => {
    const gates = Array.from({ length: 4 }, () => new Gate());
    const window = new Window(1, noLimit);
    let underWay = 0;
    let most = 0;
    const ends = gates.map(async (gate) => {
      while (window.isFull) await window.untilOneEnds();
      most = Math.max(most, ++underWay);
      await window.add(gate.passed.then(() => void underWay--));
    });
    for (const gate of gates) {
      gate.open();
      await settle();
    }
    await Promise.all(ends);
    expect([most, underWay]).toEqual([1, 0]);
  });

  it('ends when the deadline does, whatever is under way', async () => {
    const controller = new AbortController();
    const window = new Window(1, new Deadline('test', { signal: controller.signal }));
    void window.add(new Promise(() => undefined));
    const waiting = window.untilOneEnds();
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'UNO_CANCELED' });
  });

  it('never has more under way than it may, in whatever order they end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.scheduler(), fc.nat(20), async (limit, scheduler, count) => {
        const window = new Window(limit, noLimit);
        let underWay = 0;
        let most = 0;
        const ends: Promise<void>[] = [];
        const all = (async () => {
          for (let i = 0; i < count; i++) {
            while (window.isFull) await window.untilOneEnds();
            most = Math.max(most, ++underWay);
            ends.push(
              window.add(
                scheduler.schedule(Promise.resolve()).then(() => {
                  underWay--;
                }),
              ),
            );
          }
          await Promise.all(ends);
        })();
        await scheduler.waitFor(all);
        expect(underWay).toBe(0);
        expect(most).toBe(Math.min(limit, count));
      }),
    );
  });
});

describe('isPromise', () => {
  it.each([
    [Promise.resolve(1), true],
    [null, false],
    [undefined, false],
    ['then', false],
    [{ after: 1 }, false],
  ])('tells a promise from a value', (value, is) => {
    expect(isPromise<unknown>(value)).toBe(is);
  });
});
