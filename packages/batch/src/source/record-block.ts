/** Stands in a source for records that are there together: to wait for each of them would take longer than to read it. */
export class RecordBlock<R> {
  readonly records: readonly R[];

  constructor(records: readonly R[]) {
    this.records = records;
  }
}
