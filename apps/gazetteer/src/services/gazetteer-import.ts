import 'reflect-metadata';
import { BatchOperations, BatchSize } from '@uno/batch';
import { type AnyMapping, type FieldName, type NewRecord, UnitOfWork, UnoContext, type WriteTotals } from '@uno/domain';
import { inject, injectable } from 'inversify';
import type { GeoNames } from '../data/geonames.js';
import { cities, cityIdentity } from '../model/cities.js';
import { countries } from '../model/countries.js';
import { regions } from '../model/regions.js';

/** How an import tells of its progress, and is told to stop. */
export interface ImportOptions {
  /** Called with the number of records that were written, or found to need no writing, since the last call. */
  readonly onProgress?: ((records: number) => void) | undefined;
  /** Heard between two chunks; everything is rolled back then. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of the records of one table. */
export type TableTotals = Pick<WriteTotals, 'total' | 'inserted' | 'updated' | 'unchanged' | 'skipped'>;

/** What became of the records of each table. */
export type ImportTotals = Readonly<Record<keyof GeoNames, TableTotals>>;

type Write<M extends AnyMapping> = (
  operations: BatchOperations<M>,
  records: readonly NewRecord<M>[],
) => Promise<WriteTotals>;

/**
 * Stores GeoNames, in ONE transaction: whoever looks at the tables sees all of it or nothing, and a run that was
 * interrupted leaves nothing to be continued. The chunks are there only so that progress can be shown; each is one
 * statement.
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
      countries: await this.#store(countries, data.countries, options, (to, chunk) => to.batchInsert(chunk)),
      regions: await this.#store(regions, data.regions, options, (to, chunk) => to.batchInsert(chunk)),
      cities: await this.#store(cities, data.cities, options, (to, chunk) => to.batchInsert(chunk)),
    }));
  }

  /** Adds what is missing and corrects what differs; a row that is as it should be is not written again. */
  upsert(data: GeoNames, options: ImportOptions = {}): Promise<ImportTotals> {
    return this.#unitOfWork.run(async () => ({
      countries: await this.#store(countries, data.countries, options, upsertBy(['code'])),
      regions: await this.#store(regions, data.regions, options, upsertBy(['code'])),
      cities: await this.#store(cities, data.cities, options, upsertBy(cityIdentity)),
    }));
  }

  async #store<M extends AnyMapping>(
    table: M,
    records: readonly NewRecord<M>[],
    { onProgress, signal }: ImportOptions,
    write: Write<M>,
  ): Promise<TableTotals> {
    const operations = new BatchOperations({
      table,
      db: this.#context.current(),
      observers: this.#context.observers,
      config: { batchSize: BatchSize.XLARGE },
    });
    const totals: WriteTotals[] = [];
    for (let start = 0; start < records.length; start += BatchSize.XLARGE) {
      signal?.throwIfAborted();
      const chunk = records.slice(start, start + BatchSize.XLARGE);
      totals.push(await write(operations, chunk));
      onProgress?.(chunk.length);
    }
    return sum(totals);
  }
}

function upsertBy<M extends AnyMapping>(constraintColumns: readonly FieldName<M>[]): Write<M> {
  return (operations, records) => operations.batchUpsert(records, { constraintColumns });
}

function sum(parts: readonly TableTotals[]): TableTotals {
  const of = (name: keyof TableTotals) => parts.reduce((total, part) => total + part[name], 0);
  return {
    total: of('total'),
    inserted: of('inserted'),
    updated: of('updated'),
    unchanged: of('unchanged'),
    skipped: of('skipped'),
  };
}
