/** The slice of a pino logger that batch operations use; `console` fits too. */
export interface Logger {
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
}

/** Whether something has the methods of a logger. */
export function isLogger(value: unknown): value is Logger {
  if (typeof value !== 'object' || value === null) return false;
  return ['info', 'warn'].every((name) => typeof Reflect.get(value, name) === 'function');
}
