import { describe, expect, it } from '@jest/globals';
import { PostStage } from '../../src/engine/post-stage.js';
import { Gate } from './support/gate.js';
import { settle } from './support/settle.js';

/** Work that goes on value by value, as a test opens it. */
function gatedWork() {
  const begun: number[] = [];
  const gates = Array.from({ length: 10 }, () => new Gate());
  const work = async (value: number) => {
    begun.push(value);
    await gates[value]?.passed;
  };
  return { begun, gates, work };
}

/** Says when a promise has come to its end, whichever. */
function watched(promise: Promise<void>): { isDone: boolean } {
  const watch = { isDone: false };
  promise.then(
    () => {
      watch.isDone = true;
    },
    () => {
      watch.isDone = true;
    },
  );
  return watch;
}

describe('PostStage', () => {
  it('has done the work when push returns, with a capacity of 0', async () => {
    const { begun, gates, work } = gatedWork();
    const pushed = watched(new PostStage(work, 0).push(0));
    await settle();
    expect(begun).toEqual([0]);
    expect(pushed.isDone).toBe(false);
    gates[0]?.open();
    await settle();
    expect(pushed.isDone).toBe(true);
  });

  it('lets as many wait or be under way as its capacity, and makes whoever pushes one more wait', async () => {
    const { begun, gates, work } = gatedWork();
    const stage = new PostStage(work, 2);
    await stage.push(0);
    await stage.push(1);
    const third = watched(stage.push(2));
    await settle();
    expect(third.isDone).toBe(false);
    expect(begun).toEqual([0]);
    gates[0]?.open();
    await settle();
    expect(third.isDone).toBe(true);
    expect(begun).toEqual([0, 1]);
  });

  it('does one after the other, in order, and all by the end', async () => {
    const { begun, gates, work } = gatedWork();
    const stage = new PostStage(work, 3);
    for (const value of [0, 1, 2]) await stage.push(value);
    const end = watched(stage.end());
    for (const value of [2, 1]) gates[value]?.open();
    await settle();
    expect(begun).toEqual([0]);
    expect(end.isDone).toBe(false);
    gates[0]?.open();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    expect(end.isDone).toBe(true);
  });

  it('does nothing more after a failure, which the next push or the end throws', async () => {
    const error = new Error('no');
    const done: number[] = [];
    const stage = new PostStage<number>(async (value) => {
      if (value === 1) throw error;
      done.push(value);
    }, 2);
    await stage.push(0);
    await stage.push(1);
    await expect(stage.end()).rejects.toBe(error);
    await expect(stage.push(2)).rejects.toBe(error);
    expect(done).toEqual([0]);
  });

  it('waits for what is under way when it gives up, and lets the rest be', async () => {
    const { begun, gates, work } = gatedWork();
    const stage = new PostStage(work, 5);
    for (const value of [0, 1, 2]) await stage.push(value);
    await settle();
    const givenUp = watched(stage.giveUp());
    await settle();
    expect(givenUp.isDone).toBe(false);
    gates[0]?.open();
    await settle();
    expect(givenUp.isDone).toBe(true);
    expect(begun).toEqual([0]);
  });

  it('throws nothing when it gives up, since something else has failed already', async () => {
    const stage = new PostStage<number>(async () => {
      throw new Error('no');
    }, 5);
    await stage.push(0);
    await stage.giveUp();
  });
});
