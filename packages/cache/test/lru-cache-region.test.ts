import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Clock } from '@uno/cache';
import { resolveCacheSettings } from '../src/cache-settings.js';
import { LruCacheRegion } from '../src/lru-cache-region.js';

/** A clock that stands still unless it is told. */
class HandClock implements Clock {
  #time = 1000;

  now(): number {
    return this.#time;
  }

  advance(ms: number): void {
    this.#time += ms;
  }
}

function store(region: LruCacheRegion, ...keys: string[]): void {
  const ticket = region.openTicket();
  ticket.fill(keys.map((key) => [key, [key]] as const));
  ticket.close();
}

describe('a region', () => {
  let clock: HandClock;
  beforeEach(() => {
    clock = new HandClock();
  });
  const open = (settings = {}) => new LruCacheRegion(resolveCacheSettings(settings), clock);

  it('finds what was stored, in the order of the keys, and undefined for what was not', () => {
    const region = open();
    store(region, 'a', 'b');
    expect(region.lookup(['b', 'x', 'a', 'b'])).toEqual([['b'], undefined, ['a'], ['b']]);
    expect(region.lookup([])).toEqual([]);
  });

  it('finds a snapshot without values, and a key without characters', () => {
    const region = open();
    const ticket = region.openTicket();
    ticket.fill([['', []]]);
    expect(region.lookup([''])).toEqual([[]]);
  });

  it('keeps no more than its bound, and drops what was used least recently', () => {
    const region = open({ maxEntries: 2 });
    store(region, 'a', 'b');
    region.lookup(['a']);
    store(region, 'c');
    expect(region.lookup(['a', 'b', 'c'])).toEqual([['a'], undefined, ['c']]);
    expect(region.statistics().entries).toBe(2);
  });

  it('keeps the last entity only when its bound is 1', () => {
    const region = open({ maxEntries: 1 });
    store(region, 'a', 'b', 'c');
    expect(region.lookup(['a', 'b', 'c'])).toEqual([undefined, undefined, ['c']]);
  });

  it('replaces what is read again', () => {
    const region = open();
    const ticket = region.openTicket();
    ticket.fill([['a', ['old']]]);
    ticket.fill([['a', ['new']]]);
    expect(region.lookup(['a'])).toEqual([['new']]);
    expect(region.statistics().entries).toBe(1);
  });

  it('finds an entity until its time is over, and not after', () => {
    const region = open({ ttlMs: 50 });
    store(region, 'a');
    clock.advance(50);
    expect(region.lookup(['a'])).toEqual([['a']]);
    clock.advance(1);
    expect(region.lookup(['a'])).toEqual([undefined]);
    expect(region.statistics()).toMatchObject({ hits: 1, misses: 1, entries: 0 });
  });

  it('measures the time from the last read of the database, not from the last use', () => {
    const region = open({ ttlMs: 50 });
    store(region, 'a', 'b');
    clock.advance(40);
    region.lookup(['a']);
    store(region, 'b');
    clock.advance(40);
    expect(region.lookup(['a', 'b'])).toEqual([undefined, ['b']]);
  });

  it('keeps entities for any time when none is set', () => {
    const region = open();
    store(region, 'a');
    clock.advance(Number.MAX_SAFE_INTEGER / 2);
    expect(region.lookup(['a'])).toEqual([['a']]);
  });

  it('counts what it found and what it did not, key by key', () => {
    const region = open();
    store(region, 'a', 'b');
    region.lookup(['a', 'a', 'b', 'x']);
    region.lookup(['y']);
    expect(region.statistics()).toEqual({ hits: 3, misses: 2, entries: 2, staleFillsRefused: 0 });
  });

  it('forgets the keys that it is told, and no others', () => {
    const region = open();
    store(region, 'a', 'b');
    region.invalidate(['a', 'x']);
    expect(region.lookup(['a', 'b'])).toEqual([undefined, ['b']]);
  });

  it('forgets everything when it is told "all"', () => {
    const region = open();
    store(region, 'a', 'b');
    region.invalidate('all');
    expect(region.lookup(['a', 'b'])).toEqual([undefined, undefined]);
    expect(region.statistics().entries).toBe(0);
  });

  it('stores again after it was told to forget', () => {
    const region = open();
    store(region, 'a');
    region.invalidate('all');
    store(region, 'a');
    expect(region.lookup(['a'])).toEqual([['a']]);
  });
});
