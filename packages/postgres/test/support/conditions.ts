import type pg from 'pg';

/** Waits for a condition rather than for a time; fails, saying what it waited for, when the limit is over. */
export async function until(what: string, condition: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until a number stays the same for a while. */
export async function untilSteady(what: string, number: () => number): Promise<void> {
  let seen = number();
  let times = 0;
  await until(`${what} stays the same`, async () => {
    times = number() === seen ? times + 1 : 0;
    seen = number();
    return times === 10;
  });
}

/** Waits until a session waits for a lock. */
export function untilBlocked(observer: pg.Client, pid: number): Promise<void> {
  return until(`session ${pid} waits for a lock`, async () => {
    const { rows } = await observer.query('select 1 where cardinality(pg_blocking_pids($1)) > 0', [pid]);
    return rows.length > 0;
  });
}

/** Waits until a session runs a statement that contains the text. */
export function untilRunning(observer: pg.Client, pid: number, text: string): Promise<void> {
  return until(`session ${pid} runs ${text}`, async () => {
    const { rows } = await observer.query(
      "select 1 from pg_stat_activity where pid = $1 and state = 'active' and query like '%' || $2 || '%'",
      [pid, text],
    );
    return rows.length > 0;
  });
}

/** Waits until a session waits for the event, such as `ClientRead`, amid a statement that contains the text. */
export function untilWaiting(observer: pg.Client, pid: number, event: string, text: string): Promise<void> {
  return until(`session ${pid} waits for ${event} in ${text}`, async () => {
    const { rows } = await observer.query(
      `select 1 from pg_stat_activity
       where pid = $1 and state = 'active' and wait_event = $2 and query like '%' || $3 || '%'`,
      [pid, event, text],
    );
    return rows.length > 0;
  });
}

/** Waits until a session is gone from the server. */
export function untilGone(observer: pg.Client, pid: number): Promise<void> {
  return until(`session ${pid} is gone`, async () => {
    const { rows } = await observer.query('select 1 from pg_stat_activity where pid = $1', [pid]);
    return rows.length === 0;
  });
}

/** The error of something that has to fail. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to fail, and did not.');
}
