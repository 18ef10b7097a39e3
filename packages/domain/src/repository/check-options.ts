import { ConfigError, kindOf } from '@uno/postgres';

/**
 * Gives the options back when all of them are known.
 *
 * @throws ConfigError that says which are
 */
export function checkOptions<T extends object>(operation: string, options: T, known: readonly string[]): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(`${operation} takes its options as an object, not ${kindOf(options)}.`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new ConfigError(`${operation} has no option "${name}". Known are: ${known.join(', ')}.`);
    }
  }
  return options;
}
