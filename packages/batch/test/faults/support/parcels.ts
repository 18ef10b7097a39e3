import { column, mapEntity } from '@uno/domain';

/** A small entity; its code says which record of a call a row belongs to. */
export class Parcel {
  id!: number;
  code!: string;
  weight!: number | null;
}

export const parcels = mapEntity(Parcel, {
  table: 'parcel',
  columns: {
    id: column.integer().generated(),
    code: column.text(),
    weight: column.integer().nullable(),
  },
  uniques: [['code']],
});

/**
 * Next to the table: what refuses a record (a negative weight; for a delete, a row that refers to it), a log of every
 * change that was committed, so that what happened twice shows, and generated ids that no record of a test has.
 */
export const parcelSchema = `
  alter table parcel add constraint has_weight check (weight >= 0);
  create table parcel_hold (parcel_id integer references parcel);
  create table parcel_log (code text);
  create function log_parcel() returns trigger language plpgsql as $$ begin
    insert into parcel_log values (coalesce(new.code, old.code));
    return null;
  end $$;
  create trigger log_parcel after insert or update or delete on parcel for each row execute function log_parcel();
  select setval(pg_get_serial_sequence('parcel', 'id'), 1000);
`;

export function codeOf(index: number): string {
  return `p${index}`;
}

/** The id that a record of a test has from the beginning. */
export function idOf(index: number): number {
  return index + 1;
}
