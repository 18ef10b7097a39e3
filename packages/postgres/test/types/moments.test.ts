import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { momentOf, momentText } from '../../src/types/moments.js';

const moments = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

describe('the text of a moment', () => {
  it('is that of the Date, with a space instead of T, and no fraction that is nothing', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        expect(momentText(moment.getTime())).toBe(moment.toISOString().replace('T', ' ').replace('.000Z', 'Z'));
      }),
    );
  });

  it('follows from day to day, and back', () => {
    const texts = [
      '2024-02-28T23:59:59.999Z',
      '2024-02-29T00:00:00Z',
      '2024-02-28T12:00:00Z',
      '1969-12-31T23:59:59.001Z',
    ];
    expect(texts.map((text) => momentText(Date.parse(text)))).toEqual([
      '2024-02-28 23:59:59.999Z',
      '2024-02-29 00:00:00Z',
      '2024-02-28 12:00:00Z',
      '1969-12-31 23:59:59.001Z',
    ]);
  });

  it('is none for a year that has not four digits', () => {
    expect([momentText(Date.UTC(10_000, 0, 1)), momentText(Date.UTC(-1, 0, 1))]).toEqual([undefined, undefined]);
  });
});

describe('the moment of a text', () => {
  const zones = fc.tuple(
    fc.constantFrom('+', '-'),
    fc.integer({ min: 0, max: 15 }),
    fc.constantFrom('', ':00', ':30', ':45'),
  );

  it('is the one that Date reads, in any zone of whole minutes', () => {
    fc.assert(
      fc.property(moments, zones, fc.integer({ min: 0, max: 6 }), (moment, [sign, hours, minutes], digits) => {
        const [clock = '', fraction = ''] = moment.toISOString().replace('T', ' ').replace('Z', '').split('.');
        const zone = `${sign}${String(hours).padStart(2, '0')}${minutes}`;
        const parts = `${fraction}000`.slice(0, digits);
        const text = `${clock}${digits === 0 ? '' : `.${parts}`}${zone}`;
        const read = new Date(
          `${clock.replace(' ', 'T')}.${parts.slice(0, 3).padEnd(3, '0')}${zone.length === 3 ? `${zone}:00` : zone}`,
        );
        expect(momentOf(text)).toBe(read.getTime());
      }),
    );
  });

  it('cuts off what is less than a millisecond', () => {
    expect(momentOf('2026-11-25 04:13:05.123999+00')).toBe(Date.parse('2026-11-25T04:13:05.123Z'));
  });

  it.each([
    'infinity',
    '0044-03-15 12:00:00+00 BC',
    '2026-11-25 04:13:05+05:30:10',
    '12026-11-25 04:13:05+00',
    '2026-11-25 04:13:05',
  ])('is left to others for %s', (text) => {
    expect(momentOf(text)).toBeUndefined();
  });
});
