import {
  belongsTo,
  column,
  Entity,
  hasMany,
  hasOne,
  type Loaded,
  type LoadRelations,
  manyToMany,
  mapEntity,
  type RelationPath,
  type UnoDBRepository,
} from '@uno/domain';
import { expectTypeOf } from 'expect-type';

class Land extends Entity<number> {
  name!: string;
  founded!: Date;
  parts?: Part[];
  crown?: Crown | null;
}
class Part extends Entity<number> {
  name!: string;
  landId!: number;
  parentId!: number | null;
  notes!: { text: string }[];
  land?: Land;
  parent?: Part | null;
  parts?: Part[];
  labels?: Label[];
}
class Crown extends Entity<number> {
  landId!: number;
  weight!: number;
}
class Label extends Entity<string> {
  colour!: string;
  parts?: Part[];
}
/** Its key has two fields, and what belongs to it names both. */
class Slot {
  hall!: string;
  place!: number;
  bookings?: Booking[];
}
class Booking extends Entity<number> {
  hall!: string;
  place!: number | null;
  slot?: Slot | null;
}

export const lands = mapEntity(Land, {
  table: 'land',
  columns: { id: column.integer(), name: column.text(), founded: column.timestamptz() },
  relations: { parts: hasMany(() => Part, 'landId'), crown: hasOne(() => Crown, 'landId') },
});
export const parts = mapEntity(Part, {
  table: 'part',
  columns: {
    id: column.integer(),
    name: column.text(),
    landId: column.integer(),
    parentId: column.integer().nullable(),
    notes: column.jsonb<{ text: string }[]>(),
  },
  relations: {
    land: belongsTo(() => Land, 'landId'),
    parent: belongsTo(() => Part, 'parentId'),
    parts: hasMany(() => Part, 'parentId'),
    labels: manyToMany(() => Label, { through: 'part_label', foreignKey: 'part_id', otherKey: 'label_id' }),
  },
});
export const bookings = mapEntity(Booking, {
  table: 'booking',
  columns: { id: column.integer(), hall: column.text(), place: column.integer().nullable() },
  relations: { slot: belongsTo(() => Slot, ['hall', 'place']) },
});

declare const landRepository: UnoDBRepository<typeof lands>;
declare const partRepository: UnoDBRepository<typeof parts>;
declare const bookingRepository: UnoDBRepository<typeof bookings>;
declare const somePaths: ('land' | 'parent.land')[];

type PlainLand = Omit<Land, 'parts' | 'crown'>;
type PlainPart = Omit<Part, 'land' | 'parent' | 'parts' | 'labels'>;

expectTypeOf<'land.parts.labels'>().toExtend<RelationPath<typeof parts>>();
expectTypeOf<'land.parts.labels.parts'>().not.toExtend<RelationPath<typeof parts>>();
expectTypeOf<'notes'>().not.toExtend<RelationPath<typeof parts>>();
expectTypeOf<true>().toExtend<LoadRelations<typeof parts>>();
expectTypeOf<Loaded<typeof parts, readonly ['land']>['land']>().toEqualTypeOf<PlainLand>();

export async function paths(): Promise<void> {
  const [part] = await partRepository.list({ loadRelations: ['land.crown', 'parent.land', 'labels'] });
  if (part === undefined) return;
  expectTypeOf(part.land.name).toEqualTypeOf<string>();
  expectTypeOf(part.land.crown).toEqualTypeOf<Crown | null>();
  expectTypeOf(part.parent?.land.founded).toEqualTypeOf<Date | undefined>();
  expectTypeOf(part.labels).toEqualTypeOf<Omit<Label, 'parts'>[]>();
  // @ts-expect-error it was not loaded
  part.parts;
  // @ts-expect-error nor was this, further on
  part.land.parts;
  // @ts-expect-error nor this, of those in a list
  part.labels[0]?.parts;
  // What was loaded can be written back.
  await partRepository.update(part);

  const [both] = await partRepository.batchGet([1], { loadRelations: ['land', 'land.parts', 'land.crown'] });
  expectTypeOf(both?.land.parts).toEqualTypeOf<PlainPart[] | undefined>();
  expectTypeOf(both?.land.crown).toEqualTypeOf<Crown | null | undefined>();

  const [maybe] = await partRepository.list({ loadRelations: somePaths });
  expectTypeOf(maybe?.land).toEqualTypeOf<PlainLand | undefined>();
  // @ts-expect-error it may not have been loaded
  maybe?.land.name;

  const booking = await bookingRepository.get(1, { loadRelations: ['slot'] });
  expectTypeOf(booking?.slot).toEqualTypeOf<Omit<Slot, 'bookings'> | null | undefined>();
}

export async function trees(): Promise<void> {
  const land = await landRepository.get(1, {
    loadRelations: {
      crown: { orderBy: [{ weight: 'desc' }] },
      parts: {
        filters: { name: { like: 'B%' }, or: [{ parentId: null }, { not: { landId: 1 } }] },
        orderBy: ['name', { id: 'desc' }],
        limit: 3,
        loadRelations: { parent: { loadRelations: ['labels'] }, labels: true },
      },
    },
  });
  expectTypeOf(land?.crown).toEqualTypeOf<Crown | null | undefined>();
  const part = land?.parts[0];
  expectTypeOf(part?.parent?.labels[0]?.colour).toEqualTypeOf<string | undefined>();
  expectTypeOf(part?.labels).toEqualTypeOf<Omit<Label, 'parts'>[] | undefined>();
  // @ts-expect-error it was not loaded
  part?.land;

  const loaded = await landRepository.loadRelationsBatch(await landRepository.list(), { parts: { limit: 1 } });
  expectTypeOf(loaded[0]?.parts).toEqualTypeOf<PlainPart[] | undefined>();
  const [all] = await landRepository.list({ loadRelations: { parts: { loadRelations: true } } });
  expectTypeOf(all?.parts[0]?.land).toEqualTypeOf<PlainLand | undefined>();
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error a misspelt relation
  await partRepository.list({ loadRelations: ['lnad'] });
  // @ts-expect-error a misspelt relation among others
  await partRepository.list({ loadRelations: ['land', 'lables'] });
  // @ts-expect-error a misspelt relation of a relation
  await partRepository.list({ loadRelations: ['land.crwon'] });
  // @ts-expect-error a field
  await partRepository.get(1, { loadRelations: ['land.name'] });
  // @ts-expect-error a document
  await partRepository.batchGet([1], { loadRelations: ['notes'] });
  // @ts-expect-error a misspelt relation of a tree
  await partRepository.list({ loadRelations: { lnad: true } });
  // @ts-expect-error a misspelt relation beside one that there is
  await partRepository.list({ loadRelations: { land: true, lnad: true } });
  // @ts-expect-error a misspelt relation further down a tree
  await partRepository.list({ loadRelations: { land: { loadRelations: { parts: true, crwon: true } } } });
  // @ts-expect-error false, which could be undefined just as well
  await partRepository.list({ loadRelations: { land: false } });
  // @ts-expect-error an unknown option
  await partRepository.list({ loadRelations: { parts: { limit: 1, limits: 2 } } });
  // @ts-expect-error a misspelt field in a filter
  await partRepository.list({ loadRelations: { parts: { filters: { name: 'a', nmae: 'a' } } } });
  const deep = { or: [{ id: 1 }, { not: { id: 1, nmae: 'a' } }] } as const;
  // @ts-expect-error a misspelt field deep in a filter
  await partRepository.list({ loadRelations: { parts: { filters: deep } } });
  // @ts-expect-error an unknown operator beside a known one
  await partRepository.list({ loadRelations: { parts: { filters: { name: { like: 'a', lik: 'b' } } } } });
  // @ts-expect-error a value of another type in a filter
  await partRepository.list({ loadRelations: { parts: { filters: { name: 5 } } } });
  // @ts-expect-error a misspelt field to order by
  await partRepository.list({ loadRelations: { parts: { orderBy: ['nmae'] } } });
  // @ts-expect-error a filter for the one that it belongs to
  await partRepository.list({ loadRelations: { land: { filters: { name: 'a' } } } });
  const [part] = await partRepository.list();
  if (part === undefined) return;
  // @ts-expect-error a misspelt relation
  await partRepository.loadRelations(part, ['lnad']);
  // @ts-expect-error a misspelt relation beside one that there is
  await partRepository.loadRelationsBatch([part], { land: true, lnad: true });
}

// @ts-expect-error the foreign key is no property of the other class
hasOne(() => Crown, 'landID');
// @ts-expect-error one part of the foreign key is none
hasMany(() => Booking, ['hall', 'plaec']);
// @ts-expect-error an unknown option
manyToMany(() => Label, { through: 'part_label', foreignKey: 'part_id', otherKey: 'label_id', table: 'x' });
// @ts-expect-error an option is missing
manyToMany(() => Label, { through: 'part_label', foreignKey: 'part_id' });
mapEntity(Booking, {
  table: 'booking',
  columns: { id: column.integer(), hall: column.text() },
  // @ts-expect-error one part of the foreign key is no column of this mapping
  relations: { slot: belongsTo(() => Slot, ['hall', 'place']) },
});
