import type { TestContext } from '../../support/test-context.js';

/**
 * Lets the first statements that insert towns fail, as something that may pass. They are counted in a sequence, which no
 * rollback takes back.
 */
export async function failTimes(test: TestContext, times: number, sqlstate = '40001'): Promise<void> {
  await onInsert(
    test,
    `if nextval('attempts') <= ${times} then raise exception 'not now' using errcode = '${sqlstate}'; end if;`,
  );
}

/** Refuses to insert more than so many towns at once, as too much for the server. */
export async function refuseMoreThan(test: TestContext, rows: number): Promise<void> {
  await onInsert(
    test,
    `if (select count(*) > ${rows} from r) then raise exception 'too much' using errcode = '54000'; end if;`,
  );
}

/** Makes every statement that inserts towns wait while somebody else holds the advisory lock 1, though not for ever. */
export async function waitForLock(test: TestContext): Promise<void> {
  await onInsert(test, "set local lock_timeout = '3s'; perform pg_advisory_xact_lock_shared(1);");
}

/** Undoes what was done to the table, and empties it. */
export async function heal(test: TestContext): Promise<void> {
  await test.run('drop function if exists on_insert() cascade');
  await test.run('drop sequence if exists attempts');
  await test.run('truncate town restart identity');
  test.statements.length = 0;
}

async function onInsert(test: TestContext, body: string): Promise<void> {
  await test.run('create sequence if not exists attempts');
  await test.run(`create function on_insert() returns trigger language plpgsql as $$
    begin
      ${body}
      return null;
    end $$`);
  await test.run(`create trigger on_insert after insert on town referencing new table as r
    for each statement execute function on_insert()`);
  test.statements.length = 0;
}
