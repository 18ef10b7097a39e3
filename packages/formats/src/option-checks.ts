import { ConfigError, kindOf } from '@uno/postgres';

/** What an option takes. */
export interface OptionCheck {
  readonly takes: string;
  allows(value: unknown): boolean;
}

/** A check for every option there is. */
export type OptionChecks<T extends object> = Readonly<Record<keyof T, OptionCheck>>;

export const flag: OptionCheck = { takes: 'true or false', allows: (value) => typeof value === 'boolean' };

export function oneOf(...words: readonly unknown[]): OptionCheck {
  return { takes: `one of ${words.join(', ')}`, allows: (value) => words.includes(value) };
}

/** One character of ASCII that can be told from what it stands between. */
export const oneCharacter: OptionCheck = {
  takes: 'one character of ASCII that is no letter, digit or line break',
  allows: (value) => typeof value === 'string' && /^[\t -/:-@[-`{-~]$/.test(value),
};

export const listOfNames: OptionCheck = {
  takes: 'a list of names that are not empty and all different',
  allows: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((name) => typeof name === 'string' && name !== '') &&
    new Set(value).size === value.length,
};

/** Either of several. */
export function either(...checks: readonly OptionCheck[]): OptionCheck {
  return {
    takes: checks.map(({ takes }) => takes).join(', or '),
    allows: (value) => checks.some((check) => check.allows(value)),
  };
}

/**
 * @param where - what takes the options, for messages
 * @throws ConfigError for an option that is unknown or has a value that it does not take
 */
export function checkOptions<T extends object>(where: string, options: T, checks: OptionChecks<T>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(`${where} takes its options as an object, not ${kindOf(options)}.`);
  }
  const known = new Map<string, OptionCheck>(Object.entries(checks));
  for (const [name, value] of Object.entries(options)) {
    const check = known.get(name);
    if (check === undefined) {
      throw new ConfigError(`${where} has no option "${name}". Known are: ${[...known.keys()].join(', ')}.`);
    }
    if (value !== undefined && !check.allows(value)) {
      const shown = typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : kindOf(value);
      throw new ConfigError(`${where}: ${name} takes ${check.takes}, not ${shown}.`);
    }
  }
}
