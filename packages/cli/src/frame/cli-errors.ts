import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/** A command line that means nothing; the message says what is wrong with it. */
export class UsageError extends UnoError {
  readonly code = 'UNO_USAGE';

  constructor(message: string, options: UnoErrorOptions = {}) {
    super(message, 'never', options);
  }
}

/** No database was named. */
export class NoDatabaseError extends UnoError {
  readonly code = 'UNO_NO_DATABASE';

  constructor() {
    super(
      'There is no database to go to. Name one with --database postgres://user:password@host:port/database, or in the ' +
        'environment variable DATABASE_URL. To play with one that is thrown away afterwards, run "uno db" in another ' +
        'terminal and use the URL that it prints.',
      'never',
    );
  }
}

/** A file cannot be read or written. */
export class FileError extends UnoError {
  readonly code = 'UNO_FILE';
  readonly file: string;

  constructor(what: string, file: string, cause: unknown) {
    super(`${what} ${file}: ${cause instanceof Error ? cause.message : String(cause)}.`, 'never', { cause });
    this.file = file;
  }
}

/** The PostgreSQL to play with did not start. */
export class ServerError extends UnoError {
  readonly code = 'UNO_SERVER';

  constructor(message: string, options: UnoErrorOptions = {}) {
    super(message, 'never', options);
  }
}
