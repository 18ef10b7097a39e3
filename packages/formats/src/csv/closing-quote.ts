/**
 * The position after the quote that closes a cell, or -1 where the text ends before.
 *
 * @param open - the position of the quote that opens it
 */
export function afterClosingQuote(text: string, open: number, quote: string, escapedBy: string): number {
  if (quote === escapedBy) {
    for (let at = open + 1; ; at += 2) {
      at = text.indexOf(quote, at);
      if (at === -1) return -1;
      if (text[at + 1] !== quote) return at + 1;
    }
  }
  let escaped = text.indexOf(escapedBy, open + 1);
  for (let at = open + 1; ; ) {
    const closing = text.indexOf(quote, at);
    if (closing === -1) return -1;
    if (escaped === -1 || escaped > closing) return closing + 1;
    // Whatever stands behind an escape is no quote.
    at = escaped + 2;
    escaped = text.indexOf(escapedBy, at);
  }
}
