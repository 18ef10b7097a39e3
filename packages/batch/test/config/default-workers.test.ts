import { describe, expect, it } from '@jest/globals';
import { defaultWorkers } from '../../src/config/default-workers.js';

describe('the number of workers where nobody says one', () => {
  it.each([
    [1, 4],
    [2, 4],
    [4, 8],
    [8, 16],
    [64, 16],
  ])('with %i cores is %i', (cores, workers) => {
    expect(defaultWorkers(cores)).toBe(workers);
  });
});
