import { column, hasMany, mapEntity } from '@uno/domain';
import { City, Country, Region } from './entities.js';

export const countries = mapEntity(Country, {
  table: 'country',
  key: 'code',
  columns: { code: column.text(), name: column.text() },
  relations: {
    regions: hasMany(() => Region, 'countryCode'),
    cities: hasMany(() => City, 'countryCode'),
  },
});
