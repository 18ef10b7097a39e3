import { ConfigError } from '../errors/input-errors.js';
import { isServerError } from '../errors/translate.js';
import type { WireParameters } from '../types/wire-parameters.js';
import { MessageWriter } from './message-writer.js';
import type { PgConnection, PgField, PgSocket, PgSubmittable, PgTypes } from './pool-port.js';
import type { TextResult, TextStatement } from './text-statement.js';

/** A statement of a flight, and its parameters as they travel. */
export interface FlightRequest {
  readonly statement: TextStatement;
  readonly parameters: WireParameters;
  /** `false` gives a result without rows. */
  readonly keepRows: boolean;
}

/** A column of a result. */
export interface ResultColumn {
  readonly name: string;
  /** Makes of PostgreSQL's text what the pool's type parsers make of it. */
  parse(text: string): unknown;
}

/** What one statement of a flight gave. */
export interface TogetherResult extends TextResult {
  /** Those of the rows; the same object for all results of a statement. */
  readonly columns: readonly ResultColumn[];
}

/** So many bytes are handed to the socket at a time; the next ones are written when the system has taken these. */
const pieceBytes = 65_536;

/** Of so many different statements the text is shown to who looks on. */
const mostTexts = 10;

const nothing: readonly never[] = Object.freeze([]);

/** As much of a connection as a flight needs. */
interface FlightConnection extends Pick<PgConnection, 'parsedStatements' | 'on' | 'removeListener'> {
  readonly stream: Pick<PgSocket, 'writable' | 'write' | 'destroy'>;
}

/** What is known of a statement when its first result comes. */
interface Shape {
  columns: readonly ResultColumn[];
}

/**
 * Many statements, each with its parameters, that are sent behind each other and are followed by one Sync: what
 * PostgreSQL's documentation calls pipelining ("Message Flow", "Extended Query"). They take one round trip, however many
 * they are. After one that fails the server passes over the rest, so as many as are completed have succeeded before it.
 *
 * It is given to `client.query`, as a cursor is, so `pg` hands it the server's messages while it is the active query.
 */
export class Flight implements PgSubmittable {
  /** For who looks on, such as loggers of queries. */
  readonly text: string;
  /** `pg` leaves the type parsers of the client here. */
  readonly _result: { _types: PgTypes | undefined } = { _types: undefined };
  /** Called once, with an error or the results. `pg` puts another one in its place for its own time limit. */
  callback: (error: unknown, results?: readonly TogetherResult[]) => void = () => {};
  readonly #requests: readonly FlightRequest[];
  readonly #results: TogetherResult[] = [];
  /** Of every request that was sent. */
  readonly #shapes: Shape[] = [];
  readonly #shapeOfName = new Map<string, Shape>();
  #unnamed: { readonly sql: string; readonly shape: Shape } | undefined;
  /** Statements whose ParseComplete is still to come. */
  readonly #parses: TextStatement[] = [];
  #rows: (readonly (string | null)[])[] = [];
  /** Names of statements that an earlier flight is having parsed. */
  #parsedBefore: ReadonlySet<string> = new Set();
  /** Whether some of it may have been written. */
  #isBegun = false;
  /** Whether what the server says is about it. */
  #isActive = false;
  #isSynced = false;
  #isOver = false;
  #bytes = 0;
  #failedAt: number | undefined;
  #forget = () => {};
  #onSynced = () => {};

  constructor(requests: readonly FlightRequest[]) {
    this.text = textOf(requests);
    this.#requests = requests;
  }

  /**
   * The position of the statement that the server has refused, which is how many have succeeded; past the last one it is
   * the end of them all. `undefined` if it has refused nothing.
   */
  get failedAt(): number | undefined {
    return this.#failedAt;
  }

  /** Bytes that were handed to the socket. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Called by `pg` when it is this query's turn. */
  submit(connection: FlightConnection): Error | undefined {
    const refusal = this.#isBegun ? undefined : this.#refusal(connection);
    if (refusal !== undefined) return refusal;
    const onParsed = (): void => this.#parsed(connection);
    connection.on('parseComplete', onParsed);
    this.#forget = () => connection.removeListener('parseComplete', onParsed);
    this.#isActive = true;
    this.#begin(connection);
    return undefined;
  }

  /**
   * Writes it to the socket as soon as an earlier flight is written, before the server has answered that: then the server
   * need not wait for it. It must have been given to `client.query` when that one was the active query and nothing else was
   * waiting, so that what the server says next is about this one. Where it cannot be sent yet, it is in its turn.
   */
  sendBehind(earlier: Flight, connection: FlightConnection): void {
    earlier.#whenSynced(() => {
      const isTooLate = this.#isOver || earlier.#isOver;
      if (isTooLate || this.#refusal(connection) !== undefined) return;
      this.#parsedBefore = new Set(earlier.#parses.flatMap(({ name }) => name ?? []));
      this.#begin(connection);
    });
  }

  handleRowDescription({ fields }: { readonly fields: readonly PgField[] }): void {
    const shape = this.#shapes[this.#results.length];
    if (shape === undefined) return;
    const { _types: types } = this._result;
    shape.columns = fields.map(({ name, dataTypeID }) => {
      const parse = types?.getTypeParser(dataTypeID, 'text') ?? ((text: string) => text);
      return { name, parse };
    });
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#requests[this.#results.length]?.keepRows) this.#rows.push(fields);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#complete(affectedBy(text));
  }

  handleEmptyQuery(): void {
    this.#complete(0);
  }

  handleCopyInResponse(connection: FlightConnection): void {
    this.#refuseCopy(connection);
  }

  handleCopyData(_message: unknown, connection: FlightConnection): void {
    this.#refuseCopy(connection);
  }

  handleError(error: unknown, connection: FlightConnection): void {
    // It is given up before its turn, and its answer would be taken for the next one's.
    if (this.#isBegun && !this.#isActive) connection.stream.destroy();
    if (isServerError(error)) {
      // The server passes over everything up to the Sync: what has not been sent yet need not be. After anything else,
      // such as a time limit of this process, a Sync would commit a part.
      if (!this.#isSynced) this.#sync(connection);
      this.#failedAt = this.#results.length;
    }
    this.#end(error);
  }

  handleReadyForQuery(): void {
    this.#end(undefined);
  }

  #whenSynced(run: () => void): void {
    if (this.#isSynced) run();
    else this.#onSynced = run;
  }

  #begin(connection: FlightConnection): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#sendPiece(connection);
  }

  /** What keeps the statements from being sent; nothing was sent then. */
  #refusal({ parsedStatements }: FlightConnection): Error | undefined {
    if (parsedStatements === undefined) {
      return new ConfigError("Statements can be sent together over pg's own client only, not over another one.");
    }
    const taken = new Map<string, string>();
    for (const { statement } of this.#requests) {
      const { name, sql } = statement;
      if (/^\s*copy\b/i.test(sql)) return copyRefused();
      if (name === undefined) continue;
      // As the driver's own queries do.
      const other = parsedStatements[name] ?? taken.get(name) ?? sql;
      if (other !== sql) return new ConfigError(`The name ${name} stands for another statement on this connection.`);
      taken.set(name, sql);
    }
    return undefined;
  }

  #sendPiece(connection: FlightConnection): void {
    const { stream } = connection;
    // A socket that is gone has told so, or is about to.
    if (this.#isSynced || this.#isOver || !stream.writable) return;
    const { length } = this.#requests;
    const writer = new MessageWriter(this.#bytesOfPiece());
    while (this.#shapes.length < length && writer.length < pieceBytes) this.#write(writer, connection);
    this.#isSynced = this.#shapes.length === length;
    if (this.#isSynced) writer.sync();
    this.#bytes += writer.length;
    stream.write(writer.bytes, () => this.#sendPiece(connection));
    if (this.#isSynced) this.#onSynced();
  }

  /** About, so that the memory seldom has to grow. */
  #bytesOfPiece(): number {
    let bytes = 256;
    for (let i = this.#shapes.length; i < this.#requests.length && bytes < pieceBytes; i++) {
      const request = this.#requests[i];
      bytes += 256 + (request?.statement.sql.length ?? 0);
      for (const value of request?.parameters.values ?? []) bytes += 4 + (value?.length ?? 0);
    }
    return bytes;
  }

  #write(writer: MessageWriter, { parsedStatements = {} }: FlightConnection): void {
    const request = this.#requests[this.#shapes.length];
    if (request === undefined) return;
    const { statement, parameters } = request;
    const { sql, name = '' } = statement;
    const known = name === '' ? this.#knownUnnamed(sql) : this.#shapeOfName.get(name);
    const shape = known ?? { columns: nothing };
    this.#shapes.push(shape);
    if (known === undefined && parsedStatements[name] === undefined && !this.#parsedBefore.has(name)) {
      writer.parse(name, sql);
      this.#parses.push(statement);
    }
    writer.bind(name, parameters.values);
    // What a statement gives does not change: PostgreSQL refuses it rather than give another kind of rows.
    if (known === undefined) writer.describePortal();
    writer.execute();
    if (name === '') this.#unnamed = { sql, shape };
    else this.#shapeOfName.set(name, shape);
  }

  /** There is one unnamed statement at a time, which the next one replaces. */
  #knownUnnamed(sql: string): Shape | undefined {
    return this.#unnamed?.sql === sql ? this.#unnamed.shape : undefined;
  }

  #parsed({ parsedStatements = {} }: FlightConnection): void {
    const { name, sql } = this.#parses.shift() ?? { name: undefined, sql: '' };
    if (name !== undefined) parsedStatements[name] = sql;
  }

  #complete(affected: number): void {
    const columns = this.#shapes[this.#results.length]?.columns ?? nothing;
    this.#results.push({ rows: this.#rows, affected, columns });
    this.#rows = [];
  }

  /** COPY speaks another protocol until its data end, in which what was sent behind it means something else. */
  #refuseCopy({ stream }: FlightConnection): void {
    const error = copyRefused();
    this.#isSynced = true;
    this.#end(error);
    stream.destroy(error);
  }

  #sync({ stream }: FlightConnection): void {
    this.#isSynced = true;
    const writer = new MessageWriter(8);
    writer.sync();
    if (stream.writable) stream.write(writer.bytes);
  }

  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    if (error === undefined) this.callback(null, this.#results);
    else this.callback(error);
  }
}

function copyRefused(): ConfigError {
  return new ConfigError('COPY cannot be sent together with other statements: it needs a stream of its own.');
}

/** The texts of a flight, each once. */
function textOf(requests: readonly FlightRequest[]): string {
  const texts = new Set(requests.map(({ statement }) => statement.sql));
  const shown = [...texts].slice(0, mostTexts).join(';\n');
  return texts.size > mostTexts ? `${shown};\n-- and ${texts.size - mostTexts} more` : shown;
}

/** The number of rows in the tag of a command that writes. */
function affectedBy(tag: string): number {
  return Number(/^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(tag)?.[1] ?? 0);
}
