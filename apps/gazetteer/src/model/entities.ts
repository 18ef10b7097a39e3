import { Entity } from '@uno/domain';

/**
 * A country or territory of ISO 3166-1. Its key has a name of its own, so it needs no base class.
 *
 * The classes share a file because their mappings refer to each other in a circle, which their files then do not.
 */
export class Country {
  /** Two letters. */
  code!: string;
  name!: string;
}

/** An administrative division of the first level, as GeoNames has it. */
export class Region {
  /** The country's code, a dot, and a code within the country, such as `CH.BE`. */
  code!: string;
  name!: string;
  countryCode!: string;
}

export class City extends Entity<number> {
  name!: string;
  /** Degrees, north is positive. */
  latitude!: number;
  /** Degrees, east is positive. */
  longitude!: number;
  countryCode!: string;
  /** `null` where GeoNames gives no region, or one that it has no name for. */
  regionCode!: string | null;
  /** The name of the division of the second level, where it is known. */
  district!: string | null;
}
