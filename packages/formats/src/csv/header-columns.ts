import type { FileError } from '../file-error.js';

/**
 * The names of a header, which have to be there and all different.
 *
 * @param fail - makes the error of what is wrong
 */
export function headerColumns(cells: readonly (string | null)[], fail: (why: string) => FileError): readonly string[] {
  const places = new Map<string, number>();
  return cells.map((name, i) => {
    if (name === null || name === '') throw fail(`column ${i + 1} of ${cells.length} has no name`);
    const first = places.get(name);
    if (first !== undefined) throw fail(`columns ${first} and ${i + 1} have the same name ${JSON.stringify(name)}`);
    places.set(name, i + 1);
    return name;
  });
}
