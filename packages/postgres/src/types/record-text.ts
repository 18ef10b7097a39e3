/**
 * The values of a composite value's text, such as `row(a, b)::text` gives: one string from the server for a whole row is
 * cheaper to read than one for each of its values. PostgreSQL's documentation, "Composite Type Input and Output Syntax":
 * nothing between commas is NULL, quotes and backslashes inside of double quotes are doubled.
 *
 * @param count - how many values it has
 */
export function parseRecordText(text: string, count: number): (string | null)[] {
  const values = new Array<string | null>(count);
  const end = text.length - 1;
  let start = 1;
  for (let i = 0; i < count; i++) {
    if (text.charCodeAt(start) === quote) {
      const close = closingQuote(text, start + 1);
      const value = text.slice(start + 1, close);
      values[i] = value.includes('"') || value.includes('\\') ? unescaped(value) : value;
      start = close + 2;
    } else {
      const comma = text.indexOf(',', start);
      const stop = comma < 0 ? end : comma;
      values[i] = stop === start ? null : text.slice(start, stop);
      start = stop + 1;
    }
  }
  return values;
}

const quote = 34;

/** The position of the quote that is not one of two. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (text.charCodeAt(at + 1) === quote) at = text.indexOf('"', at + 2);
  return at;
}

function unescaped(value: string): string {
  return value.replaceAll('""', '"').replaceAll('\\\\', '\\');
}
