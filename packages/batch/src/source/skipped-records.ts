/** Stands in a source for records that were done before: the positions of those behind it count them. */
export class SkippedRecords {
  readonly count: number;

  constructor(count: number) {
    this.count = count;
  }
}
