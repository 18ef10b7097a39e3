/** Characters of a block that is written; the last row may go beyond. */
const blockLength = 64 * 1024;

/**
 * Joins the texts of rows to blocks, so that whoever writes them has few to write.
 *
 * @param before - comes first, even where there is no row
 * @param textOf - the text of a row; its index counts from 0
 */
export async function* blocksOf<R>(
  rows: Iterable<R> | AsyncIterable<R>,
  before: string,
  textOf: (row: R, index: number) => string,
): AsyncGenerator<string> {
  let block = before;
  let index = 0;
  for await (const row of rows) {
    block += textOf(row, index++);
    if (block.length >= blockLength) {
      yield block;
      block = '';
    }
  }
  if (block !== '') yield block;
}
