import { column, mapEntity } from '@uno/domain';

/** A row of the table that is measured on. */
export class Measured {
  id!: number;
  name!: string;
  country!: string;
  population!: number;
  latitude!: number;
  longitude!: number;
  active!: boolean;
  createdAt!: Date;
}

const described = {
  name: column.text(),
  country: column.varchar(2),
  population: column.integer(),
  latitude: column.double(),
  longitude: column.double(),
  active: column.boolean(),
  createdAt: column.timestamptz().named('created_at'),
};

/** The table that is measured on: eight columns of the usual kinds. */
export const measured = mapEntity(Measured, {
  table: 'measured',
  columns: { id: column.integer(), ...described },
});

/** A row of the same table whose keys are made by the database. */
class Numbered extends Measured {}

/** The same eight columns, the key being an identity column. */
export const numbered = mapEntity(Numbered, {
  table: 'numbered',
  columns: { id: column.integer().generated(), ...described },
});

/** So many records, the same each time. */
export function measuredRecords(count: number): Measured[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    name: `Name ${id} of a place`,
    country: id % 2 === 0 ? 'CH' : 'FR',
    population: (id * 7919) % 1_000_000,
    latitude: ((id * 37) % 18_000) / 100 - 90,
    longitude: ((id * 71) % 36_000) / 100 - 180,
    active: id % 3 === 0,
    createdAt: new Date(1_700_000_000_000 + id * 1000),
  }));
}
