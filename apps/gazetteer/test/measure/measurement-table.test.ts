import { describe, expect, it } from '@jest/globals';
import { measurementTable, peakMemoryMb } from '../../src/measure/measurement-table.js';
import { VerificationError, verify } from '../../src/measure/verify.js';

describe('measurementTable', () => {
  const import_ = { operation: 'import', records: 171_075, elapsedMs: 2000.4, cacheHits: 0 };

  it('shows figures in groups of three, and the rate', () => {
    const lines = measurementTable([{ ...import_, statements: 1113 }]).split('\n');
    expect(lines[1]).toMatch(/operation .*records .*ms .*records\/s .*statements .*cache hits/);
    expect(lines[3]).toMatch(/import .* 171,075 .* 2,000 .* 85,520 .* 1,113 .* 0 /);
  });

  it('shows a dash where statements are not counted', () => {
    expect(measurementTable([{ ...import_, statements: undefined }])).toContain(' – ');
  });

  it('survives an operation that took no time', () => {
    expect(measurementTable([{ ...import_, elapsedMs: 0, statements: 0 }])).not.toContain('∞');
  });
});

describe('peakMemoryMb', () => {
  it('is in megabytes', () => {
    expect(peakMemoryMb()).toBeGreaterThan(20);
    expect(peakMemoryMb()).toBeLessThan(20_000);
  });
});

describe('verify', () => {
  it('says what should be and what is', () => {
    expect(() => verify('the number of cities', 3, 3)).not.toThrow();
    expect(() => verify('the number of cities', 3, 2)).toThrow(VerificationError);
    expect(() => verify('the number of cities', 3, 2)).toThrow('the number of cities should be 3, and is 2.');
  });
});
