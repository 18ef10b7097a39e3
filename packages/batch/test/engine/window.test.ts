import { describe, expect, it } from '@jest/globals';
import { Deadline } from '@uno/domain';
import fc from 'fast-check';
import { isPromise, Window } from '../../src/engine/window.js';
import { Gate } from './support/gate.js';
import { settle } from './support/until.js';

const noLimit = new Deadline('test', {});

describe('Window', () => {
  it('lets only so many be under way, and begins the next when any of them ends', async () => {
    const gates = Array.from({ length: 5 }, () => new Gate());
    const begun: number[] = [];
    const window = new Window(2, noLimit);
    const all = (async () => {
      for (const [i, gate] of gates.entries()) {
        begun.push(i);
        await window.admit(gate.passed);
      }
      await window.end();
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

  it('is not over until nothing is under way', async () => {
    const gate = new Gate();
    const window = new Window(3, noLimit);
    await window.admit(gate.passed);
    let isOver = false;
    const end = window.end().then(() => {
      isOver = true;
    });
    await settle();
    expect(isOver).toBe(false);
    gate.open();
    await end;
  });

  it('ends when the deadline does, whatever is under way', async () => {
    const controller = new AbortController();
    const window = new Window(1, new Deadline('test', { signal: controller.signal }));
    const admitted = window.admit(new Promise(() => undefined));
    controller.abort();
    await expect(admitted).rejects.toMatchObject({ code: 'UNO_CANCELED' });
    await expect(window.end()).rejects.toMatchObject({ code: 'UNO_CANCELED' });
  });

  it('never has more under way than it may, in whatever order they end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.scheduler(), fc.nat(20), async (limit, scheduler, count) => {
        const window = new Window(limit, noLimit);
        let underWay = 0;
        let most = 0;
        const all = (async () => {
          for (let i = 0; i < count; i++) {
            most = Math.max(most, ++underWay);
            await window.admit(
              scheduler.schedule(Promise.resolve()).then(() => {
                underWay--;
              }),
            );
          }
          await window.end();
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
