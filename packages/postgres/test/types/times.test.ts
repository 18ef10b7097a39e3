import { describe, expect, it } from '@jest/globals';
import { date, time, timestamp, timestamptzDate, timestamptzText } from '../../src/index.js';
import { refusalOf } from '../support/refusal.js';

describe('a date', () => {
  it.each([
    '2024-02-29',
    '0001-01-01',
    '9999-12-31',
    '10000-01-01',
    '5874897-12-31',
    '4714-11-24 BC',
    '0001-02-29 BC',
    'infinity',
  ])('takes %s', (value) => {
    expect(date.encode(value)).toBe(value);
  });

  it.each([
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '2024-13-01',
    '2024-00-10',
    '2024-01-00',
    '0000-01-01',
    '0002-02-29 BC',
  ])('refuses the day %s, which does not exist', (value) => {
    expect(refusalOf(date, value)).toBe('date takes a day that exists, from 4714-11-24 BC to 5874897-12-31');
  });

  it.each(['5874898-01-01', '9999999-01-01', '4714-11-23 BC', '4715-01-01 BC'])(
    'refuses the day %s, which PostgreSQL does not have',
    (value) => {
      expect(refusalOf(date, value)).toContain('from 4714-11-24 BC to 5874897-12-31');
    },
  );

  it.each([
    ['2024-2-9'],
    ['02/29/2024'],
    ['20240229'],
    ['2024-02-29 '],
    ['010000-01-01'],
    ['2024-02-29T00:00:00Z'],
    ['today'],
  ])('refuses %p, which is another format, without showing it', (value) => {
    expect(refusalOf(date, value)).toBe('date takes text as YYYY-MM-DD, not other text');
  });

  it('refuses a Date, which is a moment and another day elsewhere', () => {
    expect(refusalOf(date, new Date(0))).toBe('date takes text as YYYY-MM-DD, not a Date');
  });
});

describe('a time', () => {
  it.each(['00:00:00', '23:59:59.999999', '24:00:00'])('takes %s', (value) => {
    expect(time.encode(value)).toBe(value);
  });

  it.each([
    ['24:00:01'],
    ['12:60:00'],
    ['12:00'],
    ['12:00:60'],
    ['1:00:00'],
    ['12:00:00.1234567'],
    ['12:00:00+01'],
    [12],
  ])('refuses %p', (value) => {
    expect(refusalOf(time, value)).toMatch(/^time takes text as HH:MM:SS\[\.ffffff\], not (other text|a number)$/);
  });
});

describe('a timestamp', () => {
  it.each([
    '2024-02-29 12:34:56',
    '2024-02-29T12:34:56.000001',
    '294276-12-31 23:59:59.999999',
    '4714-11-24 00:00:00 BC',
    '-infinity',
  ])('takes %s', (value) => {
    expect(timestamp.encode(value)).toBe(value);
  });

  it.each([
    '2024-02-29 12:34:56+00',
    '2024-02-29 12:34:56+05:30',
    '2024-02-29T12:34:56Z',
    '0044-03-15 12:00:00-00:53:28 BC',
    'infinity',
  ])('with time zone takes %s', (value) => {
    expect(timestamptzText.encode(value)).toBe(value);
  });

  it('says by its form whether it has a zone', () => {
    expect(refusalOf(timestamp, '2024-02-29 12:34:56Z')).toBe(
      'timestamp takes text as YYYY-MM-DD HH:MM:SS[.ffffff], infinity or -infinity, not other text',
    );
    expect(refusalOf(timestamptzText, '2024-02-29 12:34:56')).toBe(
      'timestamptz takes text as YYYY-MM-DD HH:MM:SS[.ffffff]+HH[:MM], infinity or -infinity, not other text',
    );
  });

  it.each([
    '2024-02-29 25:00:00',
    '2024-02-29 12:61:00',
    '2024-02-29 12:00:61',
    '2024-02-29',
    '2024-02-29 12:00:00.1234567',
  ])('refuses %s', (value) => {
    expect(refusalOf(timestamp, value)).toMatch(/^timestamp takes text as .*, not other text$/);
  });

  it.each(['2024-02-29 12:00:00+16', '2024-02-29 12:00:00+01:60', '2024-02-29 12:00:00 Europe/Oslo'])(
    'with time zone refuses the zone of %s',
    (value) => {
      expect(refusalOf(timestamptzText, value)).toMatch(/^timestamptz takes text as .*, not other text$/);
    },
  );

  it.each(['2023-02-29 12:00:00', '294277-01-01 00:00:00', '4714-11-23 00:00:00 BC'])(
    'refuses the day of %s',
    (value) => {
      expect(refusalOf(timestamp, value)).toBe('timestamp takes a day that exists, from 4714-11-24 BC to 294276-12-31');
    },
  );
});

describe('a moment as a Date', () => {
  it.each([
    [new Date(Number.NaN), 'an invalid date'],
    ['2024-02-29T12:00:00Z', 'a string'],
    [0, 'a number'],
    [null, 'null'],
  ])('refuses %p', (value, kind) => {
    expect(refusalOf(timestamptzDate, value)).toBe(`timestamptz takes a valid Date, not ${kind}`);
  });

  it('refuses what is before the calendar of PostgreSQL', () => {
    expect(refusalOf(timestamptzDate, new Date(-8.64e15))).toBe('timestamptz takes no date before 4713 BC');
  });

  it.each([
    ['2024-02-29 12:34:56.789+00', '2024-02-29T12:34:56.789Z'],
    ['2024-02-29 12:34:56.7+05:30', '2024-02-29T07:04:56.700Z'],
    ['2024-02-29 12:34:56-03:30', '2024-02-29T16:04:56.000Z'],
    ['1850-01-01 00:00:00+00:53:28', '1849-12-31T23:06:32.000Z'],
    ['0044-03-15 00:00:00+00 BC', '-000043-03-15T00:00:00.000Z'],
    ['0099-03-15 00:00:00+00', '0099-03-15T00:00:00.000Z'],
    ['275760-09-13 05:30:00+05:30', '+275760-09-13T00:00:00.000Z'],
    ['2024-02-29 12:34:56.789123+00', '2024-02-29T12:34:56.789Z'],
  ])('reads %s as %s', (text, iso) => {
    expect(timestamptzDate.decode(text).toISOString()).toBe(iso);
  });

  it.each(['infinity', '-infinity', '294276-12-31 23:59:59+00', '275760-09-13 00:00:00.001+00', 'nonsense'])(
    'does not read %s as an invalid date, but says what to do',
    (text) => {
      expect(() => timestamptzDate.decode(text)).toThrow(
        "a timestamp that a Date cannot hold; map the column with { as: 'string' }",
      );
    },
  );
});
