import { belongsTo, column, mapEntity } from '@uno/domain';
import type { Json, JsonNull } from '@uno/postgres';

export class Depot {
  id!: number;
  name!: string;
}

/** An entity with a value of every type that can be changed in place. */
export class Parcel {
  id!: number;
  label!: string;
  depotId!: number | null;
  shippedAt!: Date | null;
  tags!: (string | null)[] | null;
  details!: Json | JsonNull | null;
  seal!: Uint8Array | null;
  depot?: Depot | null;
}

/** The same rows with fewer fields. */
export class ParcelLabel {
  id!: number;
  label!: string;
}

/** The same rows by another key. */
export class ParcelByLabel {
  label!: string;
  depotId!: number | null;
}

export const depots = mapEntity(Depot, {
  table: 'depot',
  columns: { id: column.integer().generated(), name: column.text() },
});

export const parcels = mapEntity(Parcel, {
  table: 'parcel',
  columns: {
    id: column.integer().generated(),
    label: column.text(),
    depotId: column.integer().named('depot_id').nullable(),
    shippedAt: column.timestamptz().named('shipped_at').nullable(),
    tags: column.array(column.text().nullable()).nullable(),
    details: column.jsonb({ nullDocument: true }).nullable(),
    seal: column.bytea().nullable(),
  },
  relations: { depot: belongsTo(() => Depot, 'depotId') },
  uniques: [['label']],
});

export const parcelLabels = mapEntity(ParcelLabel, {
  table: 'parcel',
  columns: { id: column.integer().generated(), label: column.text() },
});

export const parcelsByLabel = mapEntity(ParcelByLabel, {
  table: 'parcel',
  columns: { label: column.text(), depotId: column.integer().named('depot_id').nullable() },
  key: 'label',
});

/** The same rows, in the schema that the search path finds them in. */
export const publicParcelLabels = mapEntity(ParcelLabel, {
  table: 'parcel',
  schema: 'public',
  columns: { id: column.integer().generated(), label: column.text() },
});
