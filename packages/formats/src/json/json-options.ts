import { checkOptions, type OptionChecks, oneOf } from '../option-checks.js';
import { type ReadOptions, readOptionChecks } from '../read-options.js';

/** How NDJSON and JSON arrays are read. What is `undefined` is not said. */
export interface JsonOptions extends ReadOptions {
  /**
   * What becomes of numbers with more digits than a JavaScript number holds. `exact`, the default: at the top level of a
   * document a whole number is a bigint and any other the text of its digits; deeper within, where neither could become
   * JSON again, the record is at fault. `rounded`: the nearest number, as `JSON.parse` has it.
   */
  readonly numbers?: 'exact' | 'rounded' | undefined;
}

const checks: OptionChecks<JsonOptions> = { ...readOptionChecks, numbers: oneOf('exact', 'rounded') };

/** @throws ConfigError for options that are unknown or wrong */
export function checkJsonOptions(where: string, options: JsonOptions): void {
  checkOptions(where, options, checks);
}
