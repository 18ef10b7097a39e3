import 'reflect-metadata';
import { type Loaded, UnoContext, UnoDBRepository } from '@uno/domain';
import { inject, injectable } from 'inversify';
import { regions } from '../model/regions.js';

@injectable()
export class RegionRepository extends UnoDBRepository<typeof regions> {
  constructor(@inject(UnoContext) context: UnoContext) {
    super(context, regions);
  }

  /** In the order of their names. */
  findByCountry(countryCode: string): Promise<Loaded<typeof regions>[]> {
    return this.list({ filters: { countryCode }, orderBy: ['name'] });
  }

  /** The regions with these codes, by code; a code without one is not there. */
  async byCode(codes: Iterable<string>): Promise<Map<string, Loaded<typeof regions>>> {
    const found = await this.batchGet([...new Set(codes)]);
    return new Map(found.map((region) => [region.code, region]));
  }
}
