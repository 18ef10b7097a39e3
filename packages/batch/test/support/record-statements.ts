import type pg from 'pg';

/** What is asked of the catalogue, once for each database and table. */
const tableFacts = /^select json_build_object\(\s+'serverVersion'/;

/** What moves a savepoint in front of other statements that are sent with it. */
const moves = /^((?:release uno_\d+;\n)?savepoint uno_\d+);\n/;

/** The moving of a savepoint by itself, as it is where it is not sent together with something. */
function withMovesApart(text: string): readonly string[] {
  const moved = moves.exec(text)?.[1];
  return moved === undefined ? [text] : [moved.replace(';\n', '; '), text.replace(moves, '')];
}

/**
 * The SQL of everything that is sent over a pool from now on, by connections that it opens from now on, but for the
 * question what the catalogue says of a table. Statements that are sent together are one text.
 */
export function recordSent(pool: pg.Pool): string[] {
  const sent: string[] = [];
  listen(pool, (text) => sent.push(text));
  return sent;
}

/** Those that are more than the moving of a savepoint. */
export function withoutMoves(statements: readonly string[]): string[] {
  return statements.filter((text) => !/^(release uno_\d+; )?savepoint uno_\d+$/.test(text));
}

function listen(pool: pg.Pool, heard: (text: string) => void): void {
  pool.on('connect', (client) => {
    const send = client.query.bind(client);
    Object.assign(client, {
      query: (config: string | { text: string }, ...rest: unknown[]) => {
        const text = typeof config === 'string' ? config : config.text;
        if (!tableFacts.test(text)) heard(text);
        return Reflect.apply(send, client, [config, ...rest]);
      },
    });
  });
}

/** The same, with what moves a savepoint {@link withMovesApart}. */
export function recordStatements(pool: pg.Pool): string[] {
  const statements: string[] = [];
  const push = (text: string) => statements.push(...withMovesApart(text));
  listen(pool, push);
  return statements;
}
