import type { CacheSettings } from '@uno/cache';
import { resolveCacheSettings } from '../../src/cache-settings.js';
import { LruCacheRegion, type LruFillTicket } from '../../src/lru-cache-region.js';

/** One thing that somebody does. What is not possible at that moment is not done. */
export type Step =
  | { readonly do: 'begin' | 'write'; readonly slot: number; readonly keys: readonly string[] }
  | {
      readonly do: 'read' | 'fill' | 'abandon' | 'commit' | 'invalidate' | 'invalidate all' | 'roll back';
      readonly slot: number;
    }
  | { readonly do: 'wait'; readonly ms: number };

interface Reader {
  readonly ticket: LruFillTicket;
  /** The versions that were told to the cache when the read began: it may give nothing older. */
  readonly atLeast: ReadonlyMap<string, number>;
  readonly missing: readonly string[];
  found: ReadonlyMap<string, number> | undefined;
}

interface Writer {
  readonly keys: readonly string[];
  /** What the rows became at the commit. */
  committed: ReadonlyMap<string, number> | undefined;
}

/** Readers and writers over a database that is a Map of versions, with a region as their cache. */
export class CacheModel {
  readonly region: LruCacheRegion;
  /** What readers got although something newer had been told to the cache before they began. */
  readonly violations: string[] = [];
  readonly #database = new Map<string, number>();
  readonly #told = new Map<string, number>();
  readonly #readers = new Map<number, Reader>();
  readonly #writers = new Map<number, Writer>();
  #version = 0;
  #time = 1;

  constructor(settings: CacheSettings) {
    this.region = new LruCacheRegion(resolveCacheSettings(settings), { now: () => this.#time });
  }

  run(step: Step): void {
    switch (step.do) {
      case 'begin':
        this.#begin(step.slot, step.keys);
        break;
      case 'read':
        this.#read(step.slot);
        break;
      case 'fill':
      case 'abandon':
        this.#end(step.slot, step.do === 'fill');
        break;
      case 'write':
        this.#write(step.slot, step.keys);
        break;
      case 'commit':
        this.#commit(step.slot);
        break;
      case 'invalidate':
      case 'invalidate all':
        this.#invalidate(step.slot, step.do === 'invalidate all');
        break;
      case 'roll back':
        if (this.#writers.get(step.slot)?.committed === undefined) this.#writers.delete(step.slot);
        break;
      case 'wait':
        this.#time += step.ms;
    }
  }

  /** Lets everybody come to an end, and reads everything once more. */
  finish(keys: readonly string[]): void {
    for (const slot of [...this.#writers.keys()]) {
      this.run({ do: 'commit', slot });
      this.run({ do: 'invalidate', slot });
    }
    for (const slot of [...this.#readers.keys()]) {
      this.run({ do: 'read', slot });
      this.run({ do: 'fill', slot });
    }
    for (const key of keys) {
      this.run({ do: 'begin', slot: 0, keys: [key] });
      this.run({ do: 'read', slot: 0 });
      this.run({ do: 'fill', slot: 0 });
    }
  }

  #begin(slot: number, keys: readonly string[]): void {
    if (this.#readers.has(slot)) return;
    const atLeast = new Map(this.#told);
    const ticket = this.region.openTicket();
    const cached = this.region.lookup(keys);
    keys.forEach((key, i) => {
      const version = cached[i]?.[0];
      if (typeof version === 'number') this.#check(key, version, atLeast, 'the cache');
    });
    this.#readers.set(slot, {
      ticket,
      atLeast,
      missing: keys.filter((_, i) => cached[i] === undefined),
      found: undefined,
    });
  }

  #read(slot: number): void {
    const reader = this.#readers.get(slot);
    if (reader === undefined || reader.found !== undefined) return;
    reader.found = new Map(reader.missing.map((key) => [key, this.#database.get(key) ?? 0]));
    for (const [key, version] of reader.found) this.#check(key, version, reader.atLeast, 'the database');
  }

  #end(slot: number, fills: boolean): void {
    const reader = this.#readers.get(slot);
    if (reader === undefined || (fills && reader.found === undefined)) return;
    if (fills) reader.ticket.fill([...(reader.found ?? [])].map(([key, version]) => [key, [version]] as const));
    reader.ticket.close();
    this.#readers.delete(slot);
  }

  #write(slot: number, keys: readonly string[]): void {
    // A row lock keeps a second writer of the same row waiting.
    if (this.#writers.has(slot) || this.#isLocked(keys)) return;
    this.#writers.set(slot, { keys, committed: undefined });
  }

  #commit(slot: number): void {
    const writer = this.#writers.get(slot);
    if (writer === undefined || writer.committed !== undefined) return;
    writer.committed = new Map(writer.keys.map((key) => [key, ++this.#version]));
    for (const [key, version] of writer.committed) this.#database.set(key, version);
  }

  #invalidate(slot: number, all: boolean): void {
    const writer = this.#writers.get(slot);
    if (writer?.committed === undefined) return;
    this.region.invalidate(all ? 'all' : writer.keys);
    for (const [key, version] of writer.committed) this.#told.set(key, Math.max(version, this.#told.get(key) ?? 0));
    this.#writers.delete(slot);
  }

  /** Locks go with the commit, before the cache is told. */
  #isLocked(keys: readonly string[]): boolean {
    return [...this.#writers.values()].some(
      (other) => other.committed === undefined && other.keys.some((key) => keys.includes(key)),
    );
  }

  #check(key: string, version: number, atLeast: ReadonlyMap<string, number>, source: string): void {
    const least = atLeast.get(key) ?? 0;
    if (version < least) this.violations.push(`${source} gave version ${version} of ${key} after ${least} was told`);
  }
}
