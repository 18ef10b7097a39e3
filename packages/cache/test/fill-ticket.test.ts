import { beforeEach, describe, expect, it } from '@jest/globals';
import { resolveCacheSettings } from '../src/cache-settings.js';
import { LruCacheRegion } from '../src/lru-cache-region.js';

describe('a read that began before a write', () => {
  let region: LruCacheRegion;
  beforeEach(() => {
    region = new LruCacheRegion(resolveCacheSettings({ maxEntries: 4 }), performance);
  });

  it('cannot store the key that was written', () => {
    const ticket = region.openTicket();
    region.invalidate(['a']);
    ticket.fill([['a', ['old']]]);
    expect(region.lookup(['a'])).toEqual([undefined]);
  });

  it('stores the other keys that it read', () => {
    const ticket = region.openTicket();
    region.invalidate(['a']);
    ticket.fill([
      ['a', ['old']],
      ['b', ['fresh']],
    ]);
    expect(region.lookup(['a', 'b'])).toEqual([undefined, ['fresh']]);
  });

  it('stores nothing when everything was written', () => {
    const ticket = region.openTicket();
    region.invalidate('all');
    ticket.fill([
      ['a', ['old']],
      ['b', ['old']],
    ]);
    expect(region.lookup(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('stores nothing when everything was written before a single key was', () => {
    const ticket = region.openTicket();
    region.invalidate('all');
    region.invalidate(['a']);
    ticket.fill([['b', ['old']]]);
    expect(region.lookup(['b'])).toEqual([undefined]);
  });

  it('is counted with every entity that it could not store', () => {
    const ticket = region.openTicket();
    region.invalidate(['a', 'b']);
    ticket.fill([
      ['a', ['old']],
      ['b', ['old']],
      ['c', ['fresh']],
    ]);
    expect(region.statistics()).toEqual({ hits: 0, misses: 0, entries: 1, staleFillsRefused: 2 });
  });

  it('leaves alone what a later read has stored', () => {
    const early = region.openTicket();
    region.invalidate(['a']);
    const late = region.openTicket();
    late.fill([['a', ['new']]]);
    early.fill([['a', ['old']]]);
    expect(region.lookup(['a'])).toEqual([['new']]);
  });

  it('hears of writes in several pieces', () => {
    const ticket = region.openTicket();
    ticket.fill([['a', ['old']]]);
    region.invalidate(['a']);
    ticket.fill([['a', ['old']]]);
    expect(region.lookup(['a'])).toEqual([undefined]);
  });

  it('stores nothing after it was closed, as it hears of no writes any more', () => {
    const ticket = region.openTicket();
    ticket.close();
    region.invalidate(['a']);
    ticket.fill([
      ['a', ['old']],
      ['b', ['old']],
    ]);
    expect(region.lookup(['a', 'b'])).toEqual([undefined, undefined]);
    expect(region.statistics().staleFillsRefused).toBe(0);
  });

  it('may be closed twice, and leaves the other reads alone', () => {
    const ticket = region.openTicket();
    const other = region.openTicket();
    ticket.close();
    ticket.close();
    other.fill([['a', ['fresh']]]);
    expect(region.lookup(['a'])).toEqual([['fresh']]);
  });

  it('remembers no more written keys than the region has entities, and then stores nothing', () => {
    const ticket = region.openTicket();
    region.invalidate(['p', 'q', 'r', 's']);
    ticket.fill([['a', ['fresh']]]);
    expect(region.lookup(['a'])).toEqual([['fresh']]);
    region.invalidate(['t']);
    ticket.fill([['b', ['perhaps fresh']]]);
    expect(region.lookup(['b'])).toEqual([undefined]);
    expect(region.statistics().staleFillsRefused).toBe(1);
  });
});
