import type pg from 'pg';

/** Waits for a condition rather than for a time; fails, saying what it waited for, when the limit is over. */
export async function until(what: string, condition: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
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
