import { momentOf, momentText } from './moments.js';
import { InvalidValue, invalid, type PgType, scalar } from './pg-type.js';

const identity = (text: string): string => text;

// Years run to 5874897 in PostgreSQL; the output of DateStyle ISO has at least four digits and " BC" before our era.
const datePattern = /^(\d{4}|[1-9]\d{4,6})-(\d{2})-(\d{2})( BC)?$|^-?infinity$/;
const timePattern = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$|^24:00:00$/;
const stampPattern =
  /^(\d{4,6})-(\d{2})-(\d{2})[ T]([01]\d|2[0-4]):([0-5]\d):([0-5]\d|60)(?:\.(\d{1,6}))?([+-](?:0\d|1[0-5])(?::?[0-5]\d)?(?::?[0-5]\d)?|Z)?( BC)?$/;

const monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** PostgreSQL's calendar begins with day 0 of the Julian period; its types end in different years. */
const firstDay = '4714-11-24 BC';
const lastDateYear = 5_874_897;
const lastTimestampYear = 294_276;

function checkDay(sql: string, [, year, month, day]: RegExpExecArray, beforeChrist: boolean, lastYear: number): void {
  if (isCalendarDay(Number(year), Number(month), Number(day), beforeChrist, lastYear)) return;
  throw new InvalidValue(`${sql} takes a day that exists, from ${firstDay} to ${lastYear}-12-31`);
}

function isCalendarDay(year: number, month: number, day: number, beforeChrist: boolean, lastYear: number): boolean {
  const astronomical = beforeChrist ? 1 - year : year;
  if (astronomical > lastYear || astronomical < -4713) return false;
  if (astronomical === -4713 && (month < 11 || (month === 11 && day < 24))) return false;
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > (monthLengths[month - 1] ?? 0)) return false;
  const leap = astronomical % 4 === 0 && (astronomical % 100 !== 0 || astronomical % 400 === 0);
  return month !== 2 || day < 29 || leap;
}

/** `date` as `YYYY-MM-DD` text: a day has no time zone, so it is never turned into a moment and back. */
export const date: PgType<string, string> = scalar(
  'date',
  (value) => {
    const match = typeof value === 'string' ? datePattern.exec(value) : null;
    if (match === null) return invalid('date', 'text as YYYY-MM-DD', value);
    if (match[1] !== undefined) checkDay('date', match, match[4] !== undefined, lastDateYear);
    return match[0];
  },
  identity,
  { canonical: true },
);

/** `time` as `HH:MM:SS[.ffffff]` text. */
export const time: PgType<string, string> = scalar(
  'time',
  (value) => {
    if (typeof value !== 'string' || !timePattern.test(value))
      return invalid('time', 'text as HH:MM:SS[.ffffff]', value);
    return value;
  },
  identity,
);

function stampText(sql: string, zone: 'required' | 'forbidden'): PgType<string, string> {
  const allowed = `text as YYYY-MM-DD HH:MM:SS[.ffffff]${zone === 'required' ? '+HH[:MM]' : ''}, infinity or -infinity`;
  return scalar(
    sql,
    (value) => {
      if (value === 'infinity' || value === '-infinity') return value;
      const match = typeof value === 'string' ? stampPattern.exec(value) : null;
      if (match === null || (match[8] !== undefined) !== (zone === 'required')) return invalid(sql, allowed, value);
      checkDay(sql, match, match[9] !== undefined, lastTimestampYear);
      return match[0];
    },
    identity,
  );
}

/** `timestamp` without time zone, as text: JavaScript has no type for it. */
export const timestamp = stampText('timestamp', 'forbidden');

/** `timestamptz` as text, exact to the microsecond, with infinity. */
export const timestamptzText = stampText('timestamptz', 'required');

/**
 * `timestamptz` as a Date: exact to the millisecond, which is why uno makes such columns as `timestamptz(3)`. Infinity
 * in the database is an error when read, since a Date cannot hold it.
 */
export const timestamptzDate: PgType<Date, Date> = scalar(
  'timestamptz(3)',
  (value) => encodeDate(checkDate(value)),
  decodeDate,
  {
    copy: (value) => new Date(value.getTime()),
    parse: parseDate,
    binary: {
      oid: 1184,
      bytes: 8,
      check: checkDate,
      write: (value, into) => into.int64(microseconds(checkDate(value))),
    },
  },
);

/** A moment as ISO 8601 writes it, or PostgreSQL: only with a zone does it say which. */
function parseDate(text: string): Date {
  const match = stampPattern.exec(text.trim());
  if (match?.[8] === undefined) return invalid('timestamptz', 'text as YYYY-MM-DD HH:MM:SS[.ffffff]+HH[:MM]', text);
  checkDay('timestamptz', match, match[9] !== undefined, lastTimestampYear);
  return momentOfMatch(match);
}

const earliest = Date.UTC(-4712, 0, 1); // PostgreSQL's first year is 4713 BC
const epoch = Date.UTC(2000, 0, 1);

function checkDate(value: unknown): Date {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return invalid('timestamptz', 'a valid Date', value);
  if (value.getTime() >= earliest) return value;
  throw new InvalidValue('timestamptz takes no date before 4713 BC');
}

/** Since 2000, as PostgreSQL stores it. */
function microseconds(value: Date): number | bigint {
  const milliseconds = value.getTime() - epoch;
  const exact = milliseconds * 1000;
  return Number.isSafeInteger(exact) ? exact : BigInt(milliseconds) * 1000n;
}

function encodeDate(value: Date): string {
  const milliseconds = value.getTime();
  const short = momentText(milliseconds);
  if (short !== undefined) return short;
  const iso = value.toISOString();
  const year = value.getUTCFullYear();
  const rest = iso.slice(iso.indexOf('-', 1));
  return year > 9999 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}

function decodeDate(text: string): Date {
  const short = momentOf(text);
  if (short !== undefined) return new Date(short);
  const match = stampPattern.exec(text);
  const moment = match === null ? new Date(Number.NaN) : momentOfMatch(match);
  if (Number.isNaN(moment.getTime())) {
    throw new RangeError(`a timestamp that a Date cannot hold; map the column with { as: 'string' }`);
  }
  return moment;
}

function momentOfMatch(match: RegExpExecArray): Date {
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z', beforeChrist] = match;
  const fullYear = beforeChrist === undefined ? Number(year) : 1 - Number(year);
  const moment = new Date(0);
  moment.setUTCFullYear(fullYear, Number(month) - 1, Number(day));
  // The zone at once with the time: the local time of the last Date is beyond what a Date holds.
  const seconds = Number(second) - zoneSeconds(zone);
  moment.setUTCHours(Number(hour), Number(minute), seconds, Number(fraction.slice(0, 3).padEnd(3, '0')));
  return moment;
}

function zoneSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours = 0, minutes = 0, seconds = 0] = (zone.slice(1).match(/\d{2}/g) ?? []).map(Number);
  return (zone.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds);
}
