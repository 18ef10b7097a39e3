/** The overloads of a pino logger's methods. */
interface LogMethod {
  <T>(context: T, message?: string, ...parameters: unknown[]): void;
  (message: string, ...parameters: unknown[]): void;
}

/** As much of a pino logger as matters here. */
export interface Logger {
  readonly info: LogMethod;
  readonly warn: LogMethod;
}
