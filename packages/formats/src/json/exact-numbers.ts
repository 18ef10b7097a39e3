import { parse } from 'lossless-json';
import type { RecordFault } from '../file-entry.js';

/**
 * Finds texts that may have a number which `JSON.parse` would round: one of 16 digits or more, or with an exponent of three.
 * It may find one within a string, too, which only takes longer.
 */
const maybeLong = /[:,[]\s*-?(?:[\d.]{16}|[\d.]+[eE][+-]?\d{3})/;

/** Whether `JSON.parse` certainly keeps all digits of the numbers in a text. */
export function keepsDigits(json: string): boolean {
  return !maybeLong.test(json);
}

/** A number in JSON that is not what a JavaScript number would make of it. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Whether it is a whole number that a JavaScript number holds by chance, such as 10^20: within a document it stays one. */
  get isKept(): boolean {
    return significant(this.text) === significant(String(Number(this.text)));
  }
}

const wholeNumber = /^-?\d+$/;

function numberOf(text: string): unknown {
  const number = Number(text);
  if (wholeNumber.test(text)) return Number.isSafeInteger(number) ? number : new Digits(text);
  return significant(text) === significant(String(number)) ? number : new Digits(text);
}

/** The same text for all ways of writing one number: its digits without zeros around them, and a power of ten. */
function significant(text: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const bare = digits.replace(/0+$/, '');
  return bare === '' ? '0' : `${sign}${bare}e${Number(exponent) - fraction.length + digits.length - bare.length}`;
}

/**
 * Parses JSON without rounding: at the top level of an object, whole numbers that are too long become bigints and others
 * the text of their digits.
 *
 * @returns the value, with the names of such members; or the fault of a number deeper within, which could not be written as
 *   JSON again
 * @throws SyntaxError for what is no JSON, RangeError for what is nested too deeply
 */
export function parseExactly(
  json: string,
): { readonly value: unknown; readonly digits: readonly string[] } | { readonly fault: RecordFault } {
  // Of a key that comes twice the last value counts, as with JSON.parse.
  const value = parse(json, undefined, { parseNumber: numberOf, onDuplicateKey: ({ newValue }) => newValue });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { value, digits: [] };
  const digits: string[] = [];
  for (const [column, item] of Object.entries(value)) {
    if (item instanceof Digits) {
      const plain = wholeNumber.test(item.text) ? BigInt(item.text) : item.text;
      Object.defineProperty(value, column, { value: plain });
      digits.push(column);
    } else if (losesDigits(item)) {
      const reason = 'a number within the document has more digits than can be kept; write it as a text';
      return { fault: { reason, column } };
    }
  }
  return { value, digits };
}

/** Whether a number within would lose digits; those that would not become JavaScript numbers. */
function losesDigits(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const [key, item] of Object.entries(value)) {
    if (!(item instanceof Digits)) {
      if (losesDigits(item)) return true;
    } else if (item.isKept) Object.defineProperty(value, key, { value: Number(item.text) });
    else return true;
  }
  return false;
}
