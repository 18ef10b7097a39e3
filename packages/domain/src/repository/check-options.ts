import { ConfigError } from '@uno/postgres';

/**
 * Gives the options back when all of them are known.
 *
 * @throws ConfigError that says which are
 */
export function checkOptions<T extends object>(operation: string, options: T, known: readonly (keyof T & string)[]): T {
  for (const name of Object.keys(options)) {
    if (!known.some((allowed) => allowed === name)) {
      throw new ConfigError(`${operation} has no option "${name}". Known are: ${known.join(', ')}.`);
    }
  }
  return options;
}
