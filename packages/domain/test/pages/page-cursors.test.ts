import { describe, expect, it } from '@jest/globals';
import { PageCursorError, type PageCursorFault, UnoContext } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import { keysetOrder } from '../../src/pages/keyset.js';
import { PageCursors, type PageScope } from '../../src/pages/page-cursors.js';
import { unreachableDatabase } from '../support/database.js';
import { cities, countries } from '../support/world.js';
import { unchecked } from '../support/wrong.js';

const key = 'a secret of the tests';
const cursors = new PageCursors(key);

function scope(change: { mapping?: PageScope['mapping']; orderBy?: unknown; filters?: unknown } = {}): PageScope {
  const { mapping = cities, orderBy = ['name'], filters = { countryId: 1 } } = change;
  return { mapping, order: keysetOrder(mapping, orderBy), filters };
}

function faultOf(read: () => unknown): PageCursorFault {
  try {
    read();
  } catch (error) {
    if (error instanceof PageCursorError) return error.fault;
    throw error;
  }
  throw new Error('the cursor was taken');
}

const position = { at: ['Züri "ch"', null, '7'], isInclusive: false };
const cursor = cursors.write(scope(), position);

describe('a cursor', () => {
  it('says where it is, to those who have the key', () => {
    expect(cursors.read(scope(), cursor)).toEqual(position);
    expect(new PageCursors(Buffer.from(key)).read(scope(), cursor)).toEqual(position);
    const inclusive = { at: ['x'], isInclusive: true };
    expect(cursors.read(scope(), cursors.write(scope(), inclusive))).toEqual(inclusive);
  });

  it('can stand in an address as it is', () => {
    expect(encodeURIComponent(cursor)).toBe(cursor);
  });

  it('is refused with any of its characters changed', () => {
    const faults = new Set<PageCursorFault>();
    for (let i = 0; i < cursor.length; i++) {
      for (const other of ['A', 'B', 'Q', 'g', '_', '-']) {
        if (other === cursor[i]) continue;
        faults.add(faultOf(() => cursors.read(scope(), cursor.slice(0, i) + other + cursor.slice(i + 1))));
      }
    }
    expect(faults).toEqual(new Set(['version', 'signature', 'malformed']));
  });

  it.each([
    '',
    'x',
    'AQ',
    `${cursor}A`,
    `${cursor}=`,
    ` ${cursor}`,
    cursor.slice(0, -1),
    cursor.slice(0, 44),
    'é'.repeat(99),
  ])('is refused where it is not one: %j', (text) => {
    expect(['malformed', 'signature']).toContain(faultOf(() => cursors.read(scope(), text)));
  });

  it.each<[PageCursorFault, PageScope]>([
    ['entity', scope({ mapping: countries, filters: {} })],
    ['order', scope({ orderBy: [{ name: 'desc' }] })],
    ['order', scope({ orderBy: [{ name: 'asc', nulls: 'first' }] })],
    ['order', scope({ orderBy: ['name', 'population'] })],
    ['filter', scope({ filters: { countryId: 2 } })],
    ['filter', scope({ filters: {} })],
    ['filter', scope({ filters: { countryId: '1' } })],
  ])('is refused with another %s', (fault, other) => {
    expect(faultOf(() => cursors.read(other, cursor))).toBe(fault);
  });

  it('is refused with another key, or the random one of the process', () => {
    expect(faultOf(() => new PageCursors('another secret of the tests').read(scope(), cursor))).toBe('signature');
    expect(faultOf(() => new PageCursors().read(scope(), cursor))).toBe('signature');
    const ofProcess = new PageCursors().write(scope(), position);
    expect(new PageCursors().read(scope(), ofProcess)).toEqual(position);
  });

  it('is refused when it is of another version, and says what is wrong', () => {
    const bytes = Buffer.from(cursor, 'base64url');
    bytes[0] = 2;
    const read = () => cursors.read(scope(), bytes.toString('base64url'));
    expect(read).toThrow('page of City cannot go on from this cursor: it is of another version of uno.');
    expect(read).toThrow(expect.objectContaining({ code: 'UNO_PAGE_CURSOR', retry: 'never', operation: 'page' }));
  });

  it('is of its filter, by the value of everything in it', () => {
    const filters: unknown[] = [
      { a: 1 },
      { a: '1' },
      { a: 1n },
      { a: [1] },
      { a: null },
      { a: 0 },
      { a: -0 },
      { a: true },
      { a: 'true' },
      { a: new Date(0) },
      { a: new Date(1) },
      { a: Uint8Array.of(1, 2) },
      { a: [1, 2] },
      { a: [12] },
      { a: { b: 1 } },
      { a: 1, b: 1 },
      { 'a":1,"b': 1 },
    ];
    const taken = filters.map((filter) => cursors.write(scope({ filters: filter }), position));
    const matches = filters.map(
      (filter) =>
        taken.filter((text) => {
          try {
            return cursors.read(scope({ filters: filter }), text);
          } catch {
            return false;
          }
        }).length,
    );
    expect(matches).toEqual(filters.map(() => 1));
    const turned = scope({ filters: { b: { d: 1, c: 2 }, a: 1 } });
    expect(cursors.read(turned, cursors.write(scope({ filters: { a: 1, b: { c: 2, d: 1 } } }), position))).toEqual(
      position,
    );
  });
});

describe('the key of a context', () => {
  it.each(['short', Buffer.alloc(15), 7, null])('is refused: %j', (pageKey) => {
    const make = () => new UnoContext({ db: unreachableDatabase(), pageKey: unchecked(pageKey) });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow('pageKey is a text or bytes, of 16 bytes or more.');
  });
});
