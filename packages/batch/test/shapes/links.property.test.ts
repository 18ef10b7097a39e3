import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clustersOf, roundsOf } from '../../src/shapes/links.js';

const graphs = fc.integer({ min: 1, max: 8 }).chain((size) => {
  const item = fc.nat({ max: size - 1 });
  const link = fc.tuple(item, item).filter(([waits, first]) => waits !== first);
  return fc.record({
    items: fc.constant([...Array(size).keys()]),
    links: (size === 1 ? fc.constant([]) : fc.array(link, { maxLength: 12 })).map((pairs) =>
      pairs.map(([waits, first]) => ({ waits, first })),
    ),
  });
});

/** All that an item waits for, by way of others too. */
function reached(from: number, links: readonly { waits: number; first: number }[]): Set<number> {
  const found = new Set<number>();
  const open = [from];
  for (const item of open) {
    for (const { waits, first } of links) {
      if (waits !== item || found.has(first)) continue;
      found.add(first);
      open.push(first);
    }
  }
  return found;
}

describe('rounds of linked items', () => {
  it('have every item once, after all that it waits for, unless one waits for itself in the end', () => {
    fc.assert(
      fc.property(graphs, ({ items, links }) => {
        const rounds = roundsOf(items, links);
        const isRing = items.some((item) => reached(item, links).has(item));
        expect(rounds === undefined).toBe(isRing);
        if (rounds === undefined) return;
        expect(rounds.flat().toSorted()).toEqual(items);
        const roundOf = (item: number) => rounds.findIndex((round) => round.includes(item));
        for (const { waits, first } of links) expect(roundOf(first)).toBeLessThan(roundOf(waits));
      }),
    );
  });
});

describe('clusters of linked items', () => {
  it('have every item once, and two together if and only if links lead from one to the other, either way', () => {
    fc.assert(
      fc.property(graphs, ({ items, links }) => {
        const clusters = clustersOf(items, links);
        expect(clusters.flat().toSorted()).toEqual(items);
        const both = [...links, ...links.map(({ waits, first }) => ({ waits: first, first: waits }))];
        for (const cluster of clusters) {
          const [start = -1] = cluster;
          expect(new Set([start, ...reached(start, both)])).toEqual(new Set(cluster));
        }
      }),
    );
  });
});
