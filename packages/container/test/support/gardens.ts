import { column, Entity, mapEntity, UnoContext, UnoDBRepository } from '@uno/domain';
import { inject, injectable } from 'inversify';

export class Garden extends Entity<number> {
  name!: string;
}

export class Tree extends Entity<number> {
  species!: string;
}

export const gardens = mapEntity(Garden, {
  table: 'garden',
  columns: { id: column.integer().generated(), name: column.text() },
});

export const trees = mapEntity(Tree, {
  table: 'tree',
  columns: { id: column.integer().generated(), species: column.text() },
});

/** The trees of another table in the same class. */
export const felledTrees = mapEntity(Tree, {
  table: 'felled_tree',
  columns: { id: column.integer().generated(), species: column.text() },
});

/** Says of itself that a statement takes two records. */
@injectable()
export class GardenRepository extends UnoDBRepository<typeof gardens> {
  constructor(@inject(UnoContext) context: UnoContext) {
    super(context, gardens, { batchSize: 2 });
  }

  byName(): Promise<Garden[]> {
    return this.list({ orderBy: ['name'] });
  }
}

/** Says nothing of itself. */
@injectable()
export class TreeRepository extends UnoDBRepository<typeof trees> {
  constructor(@inject(UnoContext) context: UnoContext) {
    super(context, trees);
  }
}
