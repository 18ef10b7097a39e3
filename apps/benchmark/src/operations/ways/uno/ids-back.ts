import type { BatchOperations } from '@uno/batch';
import type { numbered } from '../../../measured.js';
import type { Dataset } from '../../dataset.js';

/**
 * A means of getting generated keys back: inserts, and gives the keys in the order of the records. Adding one is adding
 * a file, and a line in `uno-way.ts`.
 */
export type IdsBack = (
  operations: BatchOperations<typeof numbered>,
  records: Dataset['unnumbered'],
) => Promise<readonly (number | undefined)[]>;
