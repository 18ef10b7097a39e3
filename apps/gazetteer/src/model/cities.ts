import { belongsTo, column, mapEntity } from '@uno/domain';
import { City, Country, Region } from './entities.js';

export const cities = mapEntity(City, {
  table: 'city',
  columns: {
    id: column.integer().generated(),
    // As long as GeoNames allows.
    name: column.varchar(200),
    latitude: column.double(),
    longitude: column.double(),
    countryCode: column.text().named('country_code'),
    regionCode: column.text().named('region_code').nullable(),
    district: column.text().nullable(),
  },
  relations: {
    country: belongsTo(() => Country, 'countryCode'),
    region: belongsTo(() => Region, 'regionCode'),
  },
  uniques: [['countryCode', 'name', 'latitude', 'longitude']],
});

/** What makes two records mean the same city: GeoNames' own numbers are not in the data. */
export const cityIdentity = ['countryCode', 'name', 'latitude', 'longitude'] as const;
