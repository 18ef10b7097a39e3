/** A string as TypeScript writes it. */
export function quoted(text: string): string {
  // JSON's escapes are those of TypeScript, too.
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inside}'`;
}

/** SQL as a template of Kysely's `sql`. */
export function sqlTemplate(text: string): string {
  return `sql\`${text.replace(/[\\`]|\$\{/g, '\\$&')}\``;
}

/** A comment of one line, which the text cannot end. */
export function docComment(text: string): string {
  return `/** ${text.replace(/\s+/g, ' ').replaceAll('*/', '* /').trim()} */`;
}
