import 'reflect-metadata';
import { BatchOperations, BatchSize, type BatchSource } from '@uno/batch';
import {
  type AnyMapping,
  type BatchCallOptions,
  UnitOfWork,
  UnoContext,
  type WithOutcomes,
  type WriteResult,
} from '@uno/domain';
import { inject, injectable } from 'inversify';
import type { CityRecord, GeoNames } from '../data/geonames.js';
import { cities, cityIdentity } from '../model/cities.js';
import { countries } from '../model/countries.js';
import { regions } from '../model/regions.js';

/** How an import tells of its progress, table by table, and is told to stop: at once, with everything rolled back. */
export type ImportOptions = Pick<BatchCallOptions, 'signal' | 'onProgress'>;

/** What became of the records of each table. */
export type ImportTotals = Readonly<Record<keyof GeoNames, WriteResult>>;

/**
 * Stores GeoNames, in ONE transaction: whoever looks at the tables sees all of it or nothing, and a run that was
 * interrupted leaves nothing to be continued.
 */
@injectable()
export class GazetteerImport {
  readonly #context: UnoContext;
  readonly #unitOfWork: UnitOfWork;

  constructor(@inject(UnoContext) context: UnoContext, @inject(UnitOfWork) unitOfWork: UnitOfWork) {
    this.#context = context;
    this.#unitOfWork = unitOfWork;
  }

  /** For empty tables: a record that is there already fails, and everything with it. */
  insert(data: GeoNames, options: ImportOptions = {}): Promise<ImportTotals> {
    return this.#unitOfWork.run(async () => ({
      countries: await this.#operations(countries).batchInsert(data.countries, options),
      regions: await this.#operations(regions).batchInsert(data.regions, options),
      cities: await this.#operations(cities).batchInsert(data.cities, options),
    }));
  }

  /** Adds what is missing and corrects what differs; a row that is as it should be is not written again. */
  upsert(data: GeoNames, options: ImportOptions = {}): Promise<ImportTotals> {
    const byIdentity = { ...options, constraintColumns: cityIdentity };
    return this.#unitOfWork.run(async () => ({
      countries: await this.#operations(countries).batchUpsert(data.countries, options),
      regions: await this.#operations(regions).batchUpsert(data.regions, options),
      cities: await this.#operations(cities).batchUpsert(data.cities, byIdentity),
    }));
  }

  /**
   * Adds cities from a source that may hold bad records: those are left out and named, all others are stored, in one
   * transaction. The source is read no faster than its records are written.
   */
  insertGood(source: BatchSource<CityRecord>, options: ImportOptions = {}): Promise<WriteResult & WithOutcomes> {
    return this.#operations(cities).batchInsert(source, {
      ...options,
      strategy: 'pipelined',
      // A record that the database refuses is looked for in its chunk, which is quicker in a small one.
      batchSize: BatchSize.MEDIUM,
      onRecordError: 'skip',
      outcomes: true,
    });
  }

  /** In the unit of work that the caller runs in. */
  #operations<M extends AnyMapping>(table: M): BatchOperations<M> {
    return new BatchOperations({
      table,
      db: this.#context.current(),
      observers: this.#context.observers,
      config: { batchSize: BatchSize.XLARGE },
    });
  }
}
