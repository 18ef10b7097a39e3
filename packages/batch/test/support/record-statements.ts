import type pg from 'pg';

/** The SQL of every statement that is sent over a pool from now on, by connections that it opens from now on. */
export function recordStatements(pool: pg.Pool): string[] {
  const statements: string[] = [];
  pool.on('connect', (client) => {
    const send = client.query.bind(client);
    Object.assign(client, {
      query: (config: string | { text: string }, ...rest: unknown[]) => {
        statements.push(typeof config === 'string' ? config : config.text);
        return Reflect.apply(send, client, [config, ...rest]);
      },
    });
  });
  return statements;
}
