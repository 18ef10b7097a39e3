import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/** What is wrong with a cursor of a page. */
export type PageCursorFault = 'malformed' | 'version' | 'signature' | 'entity' | 'order' | 'filter';

const faults: Readonly<Record<PageCursorFault, string>> = {
  malformed: 'it is no text that a page has given',
  version: 'it is of another version of uno',
  signature:
    'it was changed, or made with another key: without a pageKey in the settings, every process has a key of its own',
  entity: 'it is of a page of another entity',
  order: 'it is of a page in another order',
  filter: 'it is of a page of another filter',
};

/** A cursor that `page` cannot go on from. Begin with the first page, or answer that the request is bad. */
export class PageCursorError extends UnoError {
  readonly code = 'UNO_PAGE_CURSOR';
  readonly entity: string;
  /** What is wrong with it. */
  readonly fault: PageCursorFault;

  constructor(entity: string, fault: PageCursorFault, options: UnoErrorOptions = {}) {
    super(`page of ${entity} cannot go on from this cursor: ${faults[fault]}.`, 'never', {
      operation: 'page',
      ...options,
    });
    this.entity = entity;
    this.fault = fault;
  }
}
