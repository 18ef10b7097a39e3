// Also for whoever compiles this file as a part of another project.
/// <reference path="./pg-utils.d.ts" />
import { types } from 'node:util';
import utils from 'pg/lib/utils.js';
import { ValidationError } from '../errors/input-errors.js';
import { InvalidValue, kindOf } from './pg-type.js';

/** A parameter as it travels: text, bytes (which PostgreSQL takes for the binary form of the type), or NULL. */
export type WireParameter = string | Uint8Array | null;

/** The protocol counts the parameters of a statement with 16 bits. */
const mostParameters = 65_535;

/** What the server takes in one message, in bytes: it closes the connection on anything longer. */
const longestMessageBytes = 0x3fff_ffff;

/** The parameters of one statement, checked and in the form in which they travel. */
export class WireParameters {
  readonly values: readonly WireParameter[];

  /**
   * Takes what `pg` takes, and gives what `pg` makes of it. What it would send although no statement can mean it is
   * refused: `undefined` (say `null`), functions, symbols, invalid dates, U+0000 and halves of surrogate pairs.
   *
   * @throws ValidationError that names the parameter, never its value
   * @example
   * ```ts
   * new WireParameters([7, 'Bern', null, new Date(), [1, 2], Buffer.of(1)]);
   * ```
   */
  constructor(parameters: readonly unknown[]) {
    if (parameters.length > mostParameters) {
      throw new ValidationError(`A statement takes up to ${mostParameters} parameters, not ${parameters.length}.`);
    }
    // Unlike `map`, this does not pass over the holes of a sparse array.
    this.values = Array.from(parameters, named);
    checkLength(this.values);
  }
}

function named(value: unknown, position: number): WireParameter {
  try {
    return wireParameter(value);
  } catch (cause) {
    const reason = cause instanceof InvalidValue ? cause.message : 'cannot be turned into text';
    throw new ValidationError(`Parameter $${position + 1} ${reason}.`, { cause, reason });
  }
}

function wireParameter(value: unknown): WireParameter {
  switch (typeof value) {
    case 'string':
      return checkText(value);
    case 'number':
    case 'bigint':
    case 'boolean':
      return value.toString();
    case 'object':
      return value === null ? null : fromObject(value);
    default:
      throw new InvalidValue(`is ${kindOf(value)}${value === undefined ? ': say null for NULL' : ''}`);
  }
}

/** Dates, arrays, documents and objects with `toPostgres`, as `pg` turns them into text. */
function fromObject(value: object): WireParameter {
  checkParts(value);
  const prepared = utils.prepareValue(value);
  if (typeof prepared === 'string') return checkText(prepared);
  // `toPostgres` may give null; JSON has no text for an object whose `toJSON` gives nothing.
  if (prepared === undefined) throw new InvalidValue('is an object without a text');
  return prepared;
}

function checkParts(value: unknown): void {
  if (types.isDate(value) && Number.isNaN(value.getTime())) throw new InvalidValue('is or has an invalid date');
  if (!Array.isArray(value)) return;
  for (const item of value) {
    if (item === undefined) throw new InvalidValue('has an element that is undefined: say null for NULL');
    checkParts(item);
  }
}

function checkText(text: string): string {
  if (text.includes('\0')) throw new InvalidValue('has the character U+0000, which PostgreSQL cannot hold');
  if (!text.isWellFormed()) throw new InvalidValue('has a lone surrogate (half of a character)');
  return text;
}

function checkLength(values: readonly WireParameter[]): void {
  // A UTF-16 unit takes up to three bytes; counting them takes time, and is needed only where it may be too much.
  let most = 0;
  for (const value of values) most += 3 * (value?.length ?? 0) + 8;
  if (most <= longestMessageBytes) return;
  const bytes = values.reduce((sum, value) => sum + (value === null ? 0 : Buffer.byteLength(value)) + 8, 0);
  if (bytes > longestMessageBytes) {
    throw new ValidationError(`The parameters of a statement may take up to 1 GB together, not ${bytes} bytes.`);
  }
}
