import type { TestContext } from '../../support/test-context.js';

/**
 * Makes the table of towns refuse every statement that writes several rows at a time, if a condition holds for one of
 * them: with an SQLSTATE that is no record's fault, as if PostgreSQL did not take set-based statements there.
 *
 * @param when - a condition on the rows, which are called `r`
 */
export async function refuseMany(test: TestContext, when = 'true'): Promise<void> {
  await refuse(test, `count(*) > 1 and bool_or(${when})`);
}

/** Makes the table refuse every statement that writes such rows, be it a single one. */
export async function refuseAll(test: TestContext, when = 'true'): Promise<void> {
  await refuse(test, `bool_or(${when})`);
}

/** Makes the table refuse every set-based statement, by its text, before the first row is looked at. */
export async function refuseSets(test: TestContext): Promise<void> {
  await test.run(`create function only_one() returns trigger language plpgsql as $$
    begin
      if current_query() ~ 'unnest|any' then raise exception 'no sets here' using errcode = '42883'; end if;
      return null;
    end $$`);
  await test.run(`create trigger only_one before insert or update or delete on town
    for each statement execute function only_one()`);
}

/** Undoes it. */
export async function acceptMany(test: TestContext): Promise<void> {
  await test.run('drop function if exists only_one() cascade');
}

async function refuse(test: TestContext, condition: string): Promise<void> {
  await test.run(`create function only_one() returns trigger language plpgsql as $$
    begin
      if (select ${condition} from r) then
        raise exception 'refused % rows at a time', (select count(*) from r) using errcode = '0A000';
      end if;
      return null;
    end $$`);
  for (const [event, side] of Object.entries({ insert: 'new', update: 'new', delete: 'old' })) {
    await test.run(`create trigger only_one_${event} after ${event} on town referencing ${side} table as r
      for each statement execute function only_one()`);
  }
}
