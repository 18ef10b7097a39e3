import { belongsTo, column, Entity, hasMany, hasOne, manyToMany, mapEntity } from '@uno/domain';

/** A hall, by its building and number: a key of two fields. */
export class Hall {
  building!: string;
  number!: number;
  shelves?: Shelf[];
  keeper?: Keeper | null;
}
export class Keeper extends Entity<number> {
  name!: string;
  building!: string | null;
  hallNumber!: number | null;
  hall?: Hall | null;
}
export class Shelf extends Entity<number> {
  building!: string;
  number!: number;
  /** Names that a statement might have for itself. */
  turn!: string | null;
  hall?: Hall;
  volumes?: Volume[];
}
export class Volume extends Entity<number> {
  title!: string;
  shelfId!: number | null;
  sequelTo!: number | null;
  pages!: number | null;
  shelf?: Shelf | null;
  before?: Volume | null;
  sequels?: Volume[];
  topics?: Topic[];
}
export class Topic {
  code!: string;
  p!: number;
  volumes?: Volume[];
}

export const halls = mapEntity(Hall, {
  table: 'hall',
  columns: { building: column.text(), number: column.integer() },
  key: ['building', 'number'],
  relations: {
    shelves: hasMany(() => Shelf, ['building', 'number']),
    keeper: hasOne(() => Keeper, ['building', 'hallNumber']),
  },
});
export const keepers = mapEntity(Keeper, {
  table: 'keeper',
  columns: {
    id: column.integer().generated(),
    name: column.text(),
    building: column.text().nullable(),
    hallNumber: column.integer().named('hall_number').nullable(),
  },
  relations: { hall: belongsTo(() => Hall, ['building', 'hallNumber']) },
});
export const shelves = mapEntity(Shelf, {
  table: 'shelf',
  columns: {
    id: column.integer().generated(),
    building: column.text(),
    number: column.integer(),
    turn: column.text().nullable(),
  },
  relations: { hall: belongsTo(() => Hall, ['building', 'number']), volumes: hasMany(() => Volume, 'shelfId') },
});
const toTopics = { through: 'volume_topic', foreignKey: 'volume_id', otherKey: 'topic_code' } as const;
export const volumes = mapEntity(Volume, {
  table: 'volume',
  columns: {
    id: column.integer().generated(),
    title: column.text(),
    shelfId: column.integer().named('shelf_id').nullable(),
    sequelTo: column.integer().named('sequel_to').nullable(),
    pages: column.integer().nullable(),
  },
  relations: {
    shelf: belongsTo(() => Shelf, 'shelfId'),
    before: belongsTo(() => Volume, 'sequelTo'),
    sequels: hasMany(() => Volume, 'sequelTo'),
    topics: manyToMany(() => Topic, toTopics),
  },
});
export const topics = mapEntity(Topic, {
  table: 'topic',
  columns: { code: column.text(), p: column.integer().default(0) },
  key: 'code',
  relations: {
    volumes: manyToMany(() => Volume, { ...toTopics, foreignKey: toTopics.otherKey, otherKey: toTopics.foreignKey }),
  },
});

export const archive = [halls, keepers, shelves, volumes, topics];
