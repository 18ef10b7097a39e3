import type { Yard } from './yard.js';

/** What a crate weighs on which the table trips: it fails with the SQLSTATE in the crate's note. */
export const TRIPPING = 77;

/** Makes the table fail on crates that weigh {@link TRIPPING}; how often is for {@link tripTimes} to say. */
export async function installTrips(yard: Yard): Promise<void> {
  // A sequence is not rolled back.
  await yard.run(`
    create sequence trips;
    create table trip_limit (times int);
    insert into trip_limit values (0);
    create function trip() returns trigger language plpgsql as $$ begin
      if nextval('trips') <= (select times from trip_limit) then
        raise exception 'tripped' using errcode = new.note;
      end if;
      return new;
    end $$;
    create trigger trip before insert or update on crate for each row when (new.weight = ${TRIPPING})
      execute function trip()`);
}

/** From now on it fails so many times, and never again. */
export async function tripTimes(yard: Yard, times: number): Promise<void> {
  await yard.run(`alter sequence trips restart; update trip_limit set times = ${times}`);
}
