import { describe, expect, it } from '@jest/globals';
import { sizeBounds } from '../../src/tuning/size-bounds.js';
import type { SizeReason } from '../../src/tuning/climber.js';
import { SizeTuner } from '../../src/tuning/size-tuner.js';
import { narrow, simulate } from './support/simulated-server.js';

const unknownRest = Number.POSITIVE_INFINITY;

function tuner(said: Parameters<typeof sizeBounds>[0] = true, workers = 1) {
  const told: [number, SizeReason][] = [];
  const onChange = (size: number, reason: SizeReason) => told.push([size, reason]);
  return { told, sizes: new SizeTuner({ bounds: sizeBounds(said), workers, onChange }) };
}

/** Records of so many bytes and columns. */
function weighing(bytes: number, values: number) {
  return { records: 4, bytes: 4 * bytes, values: 4 * values };
}

describe('the first size', () => {
  const first = (bytes: number, values: number) => tuner().sizes.sizeFor(weighing(bytes, values), unknownRest);

  it('is smaller for wide records, and for those of many columns', () => {
    const sizes = [first(30, 3), first(2_000, 3), first(2_000, 60), first(1_000_000, 2)];
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(new Set(sizes).size).toBe(4);
    expect(sizes[0]).toBeGreaterThan(2_000);
    expect(sizes[3]).toBeLessThan(10);
  });

  it('is larger where the server is far away, before a chunk has come back', () => {
    const { sizes } = tuner();
    const near = sizes.sizeFor(narrow, unknownRest);
    sizes.waited(0.3);
    expect(sizes.sizeFor(narrow, unknownRest)).toBe(near);
    sizes.waited(20);
    expect(sizes.sizeFor(narrow, unknownRest)).toBeGreaterThan(2 * near);
  });

  it('is a single record where that alone is more than a chunk may have', () => {
    expect(tuner({ maxBytes: 1000 }).sizes.sizeFor(weighing(5_000, 2), unknownRest)).toBe(1);
  });

  it('leaves every worker its share of what there is', () => {
    expect(tuner(true, 4).sizes.sizeFor(narrow, 2_000)).toBe(925);
    expect(tuner(true, 4).sizes.sizeFor(narrow, 20_000)).toBe(5_000);
    expect(tuner(true, 1).sizes.sizeFor(narrow, 20_000)).toBeGreaterThan(5_000);
  });
});

describe('the sizes after it', () => {
  it('become larger as long as records take less time, and say so', () => {
    const { sizes, told } = tuner();
    const chunks = simulate(sizes, 12, () => (n) => 20 + 0.001 * n);
    expect(chunks.at(-1)?.records).toBeGreaterThan(4 * (chunks[0]?.records ?? 0));
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told.map(([, reason]) => reason))).toEqual(new Set(['larger pays']));
    expect(told.at(-1)?.[0]).toBe(chunks.at(-1)?.records);
  });

  it('become smaller when a chunk takes too long', () => {
    const { sizes, told } = tuner({ targetMs: 200 });
    const chunks = simulate(sizes, 3, () => (n) => n);
    expect(chunks[0]?.elapsedMs).toBeGreaterThan(1_000);
    expect(chunks[2]?.elapsedMs).toBe(200);
    expect(told).toEqual([[expect.any(Number), 'took too long']]);
  });

  it('become smaller at once when records become wider', () => {
    const { sizes } = tuner({ maxBytes: 1_000_000 });
    simulate(sizes, 6, () => (n) => 20 + 0.001 * n);
    expect(sizes.sizeFor(weighing(100_000, 2), unknownRest)).toBe(10);
    expect(sizes.sizeFor(narrow, unknownRest)).toBeGreaterThan(1_000);
  });

  it('do not change for a single chunk that was slow for another reason', () => {
    const { sizes, told } = tuner();
    simulate(sizes, 40, () => (n) => 2 + 0.01 * n);
    told.length = 0;
    const [before] = simulate(sizes, 1, () => (n) => 2 + 0.01 * n);
    simulate(sizes, 1, () => (n) => 9 * (2 + 0.01 * n));
    expect(told).toEqual([]);
    expect(sizes.sizeFor(narrow, unknownRest)).toBe(before?.records);
  });
});

describe('what was too much at once', () => {
  it('is tried in a quarter, and that is the most from then on', () => {
    const { sizes, told } = tuner();
    const size = sizes.sizeFor(narrow, unknownRest);
    expect(sizes.tooMuch(size)).toBe(Math.floor(size / 4));
    expect(sizes.mostAtOnce).toBe(Math.floor(size / 4));
    expect(sizes.sizeFor(narrow, unknownRest)).toBe(Math.floor(size / 4));
    expect(told).toEqual([[Math.floor(size / 4), 'too much at once']]);
  });

  it('is not tried in pieces below the smallest size', () => {
    const { sizes } = tuner({ minSize: 100 });
    expect(sizes.tooMuch(300)).toBe(100);
    expect(sizes.tooMuch(100)).toBeUndefined();
  });

  it('is given up where a small part of it fails, too, since it is about something else then', () => {
    const { sizes } = tuner();
    let size: number | undefined = sizes.sizeFor(narrow, unknownRest);
    let attempts = 0;
    for (; size !== undefined; attempts++) size = sizes.tooMuch(size);
    expect(attempts).toBe(5);
  });

  it('says nothing by the time that it took in pieces', () => {
    const { sizes, told } = tuner();
    const size = sizes.sizeFor(narrow, unknownRest);
    sizes.tooMuch(size);
    told.length = 0;
    sizes.done(size, 1_000_000);
    expect(told).toEqual([]);
  });
});
