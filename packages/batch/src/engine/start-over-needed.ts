/** Thrown by a job for what it could do if it began its transaction in another way. */
export class StartOverNeeded extends Error {
  override readonly name = 'StartOverNeeded';

  constructor(override readonly cause: unknown) {
    super('The transaction has to begin in another way.');
  }
}
