import { describe, expect, it } from '@jest/globals';
import { Entity } from '@uno/domain';

class City extends Entity<number> {
  name = '';
}
class Capital extends City {}
class Country extends Entity<number> {}

function withId<E extends Entity<number>>(entity: E, id: number): E {
  return Object.assign(entity, { id });
}

describe('an entity', () => {
  it('equals another of its class with the same id, whatever their other fields say', () => {
    const one = Object.assign(withId(new City(), 7), { name: 'Bern' });
    const two = Object.assign(withId(new City(), 7), { name: 'Berne' });
    expect(one.equals(two)).toBe(true);
    expect(two.equals(one)).toBe(true);
  });

  it('differs from one with another id', () => {
    expect(withId(new City(), 7).equals(withId(new City(), 8))).toBe(false);
  });

  it('takes 0 for an id like any other', () => {
    expect(withId(new City(), 0).equals(withId(new City(), 0))).toBe(true);
    expect(withId(new City(), 0).equals(withId(new City(), 1))).toBe(false);
  });

  it('takes an empty text and 0n for ids too', () => {
    class Tag extends Entity<string> {}
    class Entry extends Entity<bigint> {}
    expect(Object.assign(new Tag(), { id: '' }).equals(Object.assign(new Tag(), { id: '' }))).toBe(true);
    expect(Object.assign(new Entry(), { id: 0n }).equals(Object.assign(new Entry(), { id: 0n }))).toBe(true);
  });

  it('equals only itself until it is stored', () => {
    const fresh = new City();
    expect(fresh.equals(fresh)).toBe(true);
    expect(fresh.equals(new City())).toBe(false);
    expect(fresh.equals(withId(new City(), 1))).toBe(false);
    expect(withId(new City(), 1).equals(fresh)).toBe(false);
  });

  it('takes null for "not stored yet" as well', () => {
    const one = Object.assign(new City(), { id: null });
    const two = Object.assign(new City(), { id: null });
    expect(City.prototype.equals.call(one, two)).toBe(false);
  });

  it('differs from an entity of another class with the same id', () => {
    expect(withId(new City(), 7).equals(withId(new Country(), 7))).toBe(false);
  });

  it('differs from an entity of a subclass with the same id, both ways', () => {
    expect(withId(new City(), 7).equals(withId(new Capital(), 7))).toBe(false);
    expect(withId(new Capital(), 7).equals(withId(new City(), 7))).toBe(false);
  });

  it.each([[undefined], [null], [7], ['7'], [{ id: 7 }]])('differs from %p, which is no entity', (other) => {
    expect(withId(new City(), 7).equals(other)).toBe(false);
  });
});
