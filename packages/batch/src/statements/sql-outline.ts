/** What can be told of an SQL statement without asking the server. */
export interface SqlOutline {
  /** The first two words in lower case, past comments and brackets; fewer if there are no more. */
  readonly words: readonly string[];
  /** How many parameters it takes: the highest n of its `$n`. */
  readonly parameters: number;
}

/** What is not closed goes on to the end; the server will say so. */
const escaped = String.raw`'[^'\\]*(?:(?:\\.|'')[^'\\]*)*(?:'|$)`;
const lineBreak = String.raw`(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\f\v\n\r]|--[^\n\r]*[\n\r])*`;

/**
 * The parts of a text in which a `$1` or a word would mean something else, and those that are looked for: "Lexical
 * Structure" of PostgreSQL's documentation. Each is tried where the last one has ended, the first that fits is taken.
 */
const parts: readonly { readonly kind: 'text' | 'word' | 'parameter'; readonly pattern: RegExp }[] = [
  { kind: 'text', pattern: /--[^\n\r]*/y },
  // Backslashes escape here, also where the string goes on on another line.
  { kind: 'text', pattern: new RegExp(`e${escaped}(?:${lineBreak}${escaped})*`, 'isy') },
  { kind: 'text', pattern: /'[^']*(?:''[^']*)*(?:'|$)/y },
  { kind: 'text', pattern: /"[^"]*(?:""[^"]*)*(?:"|$)/y },
  { kind: 'text', pattern: /(\$(?:[a-z_\u0080-\uffff][a-z0-9_\u0080-\uffff]*)?\$).*?(?:\1|$)/isy },
  // A $ in a word belongs to it.
  { kind: 'word', pattern: /[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*/iy },
  { kind: 'parameter', pattern: /\$\d+/y },
];

/**
 * Reads over a statement. Strings are taken to be as under `standard_conforming_strings`, which is on since PostgreSQL 9.1.
 *
 * @example
 * ```ts
 * outlineOf("update city set name = $2 where id = $1 and note <> '$3'"); // words update, city; 2 parameters
 * ```
 */
export function outlineOf(sql: string): SqlOutline {
  const words: string[] = [];
  let parameters = 0;
  for (const { kind, text } of partsOf(sql)) {
    if (kind === 'word' && words.length < 2) words.push(text.toLowerCase());
    if (kind === 'parameter') parameters = Math.max(parameters, Number(text.slice(1)));
  }
  return { words, parameters };
}

/** The same statement whose parameters come after so many others. */
export function shiftParameters(sql: string, by: number): string {
  let shifted = '';
  let copied = 0;
  for (const { kind, text, at } of partsOf(sql)) {
    if (kind !== 'parameter') continue;
    shifted += `${sql.slice(copied, at)}$${Number(text.slice(1)) + by}`;
    copied = at + text.length;
  }
  return shifted + sql.slice(copied);
}

/** The parts that are looked for, with where they begin. */
function* partsOf(
  sql: string,
): IterableIterator<{ readonly kind: string; readonly text: string; readonly at: number }> {
  let at = 0;
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      at = endOfComment(sql, at);
      continue;
    }
    const found = partAt(sql, at);
    if (found !== undefined) yield { ...found, at };
    at += found?.text.length ?? 1;
  }
}

function partAt(sql: string, at: number): { readonly kind: string; readonly text: string } | undefined {
  for (const { kind, pattern } of parts) {
    pattern.lastIndex = at;
    const text = pattern.exec(sql)?.[0];
    if (text !== undefined) return { kind, text };
  }
  return undefined;
}

/** Comments of this kind may be inside of each other. */
function endOfComment(sql: string, start: number): number {
  let depth = 0;
  for (let at = start; at < sql.length; at++) {
    if (sql.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (sql.startsWith('*/', at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return sql.length;
}
