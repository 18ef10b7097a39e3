import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { sideBySide } from '../../src/operations/side-by-side.js';

/** Tasks that end when they are told to, and write down when they begin. */
function controlled(count: number) {
  const begun: number[] = [];
  const ends = Array.from({ length: count }, () => new EventEmitter());
  const tasks = ends.map((end, i) => async () => {
    begun.push(i);
    await once(end, 'end');
    return i;
  });
  return {
    begun,
    tasks,
    end: (i: number) => ends[i]?.emit('end'),
    fail: (i: number) => ends[i]?.emit('error', new Error('no')),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('tasks side by side', () => {
  it('give their results in their order, whatever the order in which they end', async () => {
    const { tasks, end } = controlled(3);
    const results = sideBySide(3, tasks);
    await turn();
    end(2);
    end(0);
    end(1);
    expect(await results).toEqual([0, 1, 2]);
  });

  it('are never more than allowed', async () => {
    const { tasks, begun, end } = controlled(4);
    const results = sideBySide(2, tasks);
    await turn();
    expect(begun).toEqual([0, 1]);
    end(1);
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    end(0);
    end(2);
    await turn();
    end(3);
    expect(await results).toEqual([0, 1, 2, 3]);
  });

  it('do not begin after one has failed, and none runs on behind the caller’s back', async () => {
    const { tasks, begun, end, fail } = controlled(5);
    let settled = false;
    const results = sideBySide(2, tasks).finally(() => {
      settled = true;
    });
    const failure = expect(results).rejects.toThrow('no');
    await turn();
    fail(0);
    await turn();
    expect(settled).toBe(false);
    end(1);
    await failure;
    await turn();
    expect(begun).toEqual([0, 1]);
  });

  it('may be none', async () => {
    expect(await sideBySide(4, [])).toEqual([]);
  });
});
