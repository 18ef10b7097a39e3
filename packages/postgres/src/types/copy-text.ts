/**
 * A value as a field of a COPY in text format, of what {@link PgType.encode} gave for it: `\N` for `null`; backslashes,
 * tabs and ends of lines escaped, so that whatever the text is, it comes to PostgreSQL's input function as it was.
 * PostgreSQL's documentation, "COPY", "Text Format".
 *
 * @param bare - whether the type is {@link PgType.bare}, whose text needs no escapes and is not looked through
 * @example
 * ```ts
 * copyField('a\tb', false); // a\\tb
 * copyField(integer.encode(7), integer.bare); // 7
 * ```
 */
export function copyField(text: string | null, bare: boolean): string {
  if (text === null) return '\\N';
  return bare || !needsEscape(text) ? text : escaped(text);
}

/**
 * A row of a COPY in text format, with the end of its line.
 *
 * @param texts - what {@link PgType.encode} gave for each column, or `null`
 * @param bare - for each column whether its type is {@link PgType.bare}
 * @example
 * ```ts
 * const bare = [integer.bare, text.bare];
 * await copyIn(db, { table: ['city'], columns: ['id', 'name'] }, copyLine(['7', 'Oslo'], bare) + copyLine(['8', null], bare));
 * ```
 */
export function copyLine(texts: readonly (string | null)[], bare: readonly boolean[]): string {
  let line = '';
  for (let i = 0; i < texts.length; i++) {
    if (i > 0) line += '\t';
    line += copyField(texts[i] ?? null, bare[i] ?? false);
  }
  return `${line}\n`;
}

/** Looking for four characters one after the other is as fast as a pattern on short texts, and ten times as on long ones. */
function needsEscape(text: string): boolean {
  return text.includes('\\') || text.includes('\t') || text.includes('\n') || text.includes('\r');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
