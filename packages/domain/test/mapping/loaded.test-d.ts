import { belongsTo, column, Entity, type Loaded, mapEntity, type UnoDBRepository } from '@uno/domain';
import { expectTypeOf } from 'expect-type';

class Shelf extends Entity<number> {}
class Volume extends Entity<number> {
  shelfId!: number;
  lentTo!: number | null;
}

mapEntity(Shelf, { table: 'shelf', columns: { id: column.integer() } });
const volumes = mapEntity(Volume, {
  table: 'volume',
  columns: { id: column.integer(), shelfId: column.integer(), lentTo: column.integer().nullable() },
  relations: { shelf: belongsTo(() => Shelf, 'shelfId'), borrower: belongsTo(() => Shelf, 'lentTo') },
});

declare const repository: UnoDBRepository<typeof volumes>;
declare const maybe: boolean;
declare const some: 'shelf'[];

/** Which relations are loaded may be known only at run time; then their types say so. */
export async function loading(): Promise<void> {
  const [either] = await repository.list({ loadRelations: maybe ? ['shelf'] : [] });
  if (either !== undefined && 'shelf' in either) expectTypeOf(either.shelf).toEqualTypeOf<Shelf>();
  // @ts-expect-error it may not have been loaded
  either?.shelf.id;

  const [dynamic] = await repository.list({ loadRelations: some });
  expectTypeOf(dynamic?.shelf).toEqualTypeOf<Shelf | undefined>();

  const [all] = await repository.list({ loadRelations: true });
  expectTypeOf(all?.borrower).toEqualTypeOf<Shelf | null | undefined>();

  const [none] = await repository.list();
  expectTypeOf(none).toEqualTypeOf<Loaded<typeof volumes> | undefined>();
}
