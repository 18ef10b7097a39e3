/**
 * Drops the databases that a run has left on a server that is not ours. Part of the reaper (see reaper.mjs), hence
 * plain JavaScript.
 */

const POLL_MS = 20;

/**
 * @param {{ url: string, prefix: string }} run names of its databases begin with the prefix; its sessions have it as
 *   their application name
 */
export async function dropDatabases({ url, prefix }) {
  // Only here: a reaper without databases to drop does not need the driver.
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 30_000 });
  client.on('error', () => {}); // a lost connection also fails the query that waits for it
  await client.connect();
  try {
    // A CREATE DATABASE sent by the owner just before it died goes on in the server, and appears after it has been
    // looked for. The sessions of the run carry its prefix as their application name: end them first.
    const ended = await until(async () => {
      const { rowCount } = await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()',
        [prefix],
      );
      return rowCount === 0;
    }, 10_000);
    const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [prefix]);
    for (const { datname } of rows) {
      await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(datname)} WITH (FORCE)`);
    }
    if (!ended) throw new Error(`sessions named ${prefix} do not end`);
  } finally {
    await client.end();
  }
}

/**
 * Waits for a condition; says whether it came true in time.
 * @param {() => boolean | Promise<boolean>} condition
 * @param {number} limitMs
 */
export async function until(condition, limitMs) {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}
