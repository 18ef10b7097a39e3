import { belongsTo, column, hasMany, mapEntity } from '@uno/domain';
import { City, Country, Region } from './entities.js';

/**
 * The key is GeoNames' own code. It begins with the country's, so it is unique over all countries, and a city can name
 * its region without a look-up of generated numbers.
 */
export const regions = mapEntity(Region, {
  table: 'region',
  key: 'code',
  columns: {
    code: column.text(),
    name: column.text(),
    countryCode: column.text().named('country_code'),
  },
  relations: {
    country: belongsTo(() => Country, 'countryCode'),
    cities: hasMany(() => City, 'regionCode'),
  },
});
