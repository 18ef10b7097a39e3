/** The slice of a pino logger that batch operations use; `console` fits too. */
export interface Logger {
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
}
