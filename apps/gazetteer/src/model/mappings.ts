import { cities } from './cities.js';
import { countries } from './countries.js';
import { regions } from './regions.js';

/** All of them, in an order in which no row is needed before it is there. */
export const mappings = [countries, regions, cities] as const;
