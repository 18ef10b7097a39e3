import fc from 'fast-check';
import type { Cargo, Kind } from './cargo-model.js';
import type { CrateRow } from './yard.js';

/** Ids 1 to 6 are there; 2 and 5 cannot be deleted, and nobody touches 100, so that its label is always taken. */
export const before: readonly CrateRow[] = [1, 2, 3, 4, 5, 6, 100].map((id) => ({
  id,
  label: id === 100 ? 'taken' : `l${id}`,
  weight: id,
  note: 'before',
  dockId: 1,
}));
export const sealed: readonly number[] = [2, 5];

const weight = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(1, 2, 3) }, fc.constant(13));
const note = fc.oneof({ weight: 8, arbitrary: fc.constantFrom('before', 'ok') }, fc.constant('far too long'));
const dockId = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(1, 2, 3) }, fc.constant(99));
const unheardOf = fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, fc.constant(1));

/** Leaves out what is `undefined`, so that records differ in what they say. */
function spoken(record: Cargo): Cargo {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function maybe<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(values, { nil: undefined, freq: 3 });
}

/**
 * Records of which most are good. No unique value is handed from one row to another: there PostgreSQL's order, which is
 * not that of the records, decides.
 */
const recordOf: Record<Kind, fc.Arbitrary<Cargo>> = {
  insert: fc
    .record({
      id: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 7, max: 60 }) }, fc.integer({ min: 1, max: 6 })),
      label: maybe(
        fc.oneof({ weight: 5, arbitrary: fc.constantFrom(null, 'a', 'b', 'c', 'd', 'e') }, fc.constant('taken')),
      ),
      weight: fc.oneof({ weight: 20, arbitrary: weight }, fc.constant(undefined)),
      note: maybe(note),
      dockId: maybe(dockId),
      unheardOf,
    })
    .map(spoken),
  update: fc
    .record({
      id: fc.oneof({ weight: 30, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constant(undefined)),
      label: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.constant('taken')),
      weight: maybe(weight),
      note: maybe(note),
      dockId: maybe(dockId),
      unheardOf,
    })
    .map(spoken),
  upsert: fc
    .record({
      id: fc.integer({ min: 1, max: 14 }),
      own: maybe(fc.constantFrom('own', 'taken', null)),
      weight: fc.oneof({ weight: 20, arbitrary: weight }, fc.constant(undefined)),
      note: maybe(note),
      dockId: maybe(dockId),
      unheardOf,
    })
    .map(({ own, ...record }) => spoken({ ...record, label: own === 'own' ? `l${record.id}` : own })),
  delete: fc.record({ id: fc.integer({ min: 1, max: 9 }) }),
};

const upsertByLabel: fc.Arbitrary<Cargo> = fc
  .record({
    id: fc.integer({ min: 7, max: 60 }),
    label: fc.oneof(
      { weight: 15, arbitrary: fc.constantFrom('l1', 'l2', 'l3', 'a', 'b', 'c', 'd', 'e', 'f', null) },
      fc.constant(undefined),
    ),
    weight,
    note: maybe(note),
    dockId: maybe(dockId),
    unheardOf,
  })
  .map(spoken);

/** What a call may be about, and by which constraint it is upserted. */
export const kinds: readonly (readonly [Kind, 'id' | 'label'])[] = [
  ['insert', 'id'],
  ['update', 'id'],
  ['upsert', 'id'],
  ['upsert', 'label'],
  ['delete', 'id'],
];

/** Records for a call. */
export function cargoOf(kind: Kind, by: 'id' | 'label'): fc.Arbitrary<readonly Cargo[]> {
  return fc.array(by === 'label' ? upsertByLabel : recordOf[kind], { maxLength: 24 });
}
