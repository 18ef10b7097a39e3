import { describe, expect, it } from '@jest/globals';
import { reportProgress } from '../../src/progress/progress-reporter.js';
import { RecordedOutput } from '../support/recorded-output.js';

/** A terminal as cli-progress draws on it. */
class RecordedTerminal extends RecordedOutput {
  readonly columns = 80;

  constructor() {
    super({ isTTY: true });
  }

  cursorTo(): boolean {
    return true;
  }

  clearLine(): boolean {
    return true;
  }

  clearScreenDown(): boolean {
    return true;
  }
}

describe('progress where nobody watches', () => {
  it('writes a line about every tenth of the way, and never the same twice', () => {
    const output = new RecordedOutput();
    const progress = reportProgress(output, 'importing', 1000);
    for (let done = 10; done <= 1000; done += 10) progress.reach(done);
    progress.finish();
    expect(output.lines).toHaveLength(10);
    expect(output.lines[0]).toBe('   importing 10 % | 100/1,000');
    expect(output.lines[9]).toBe('   importing 100 % | 1,000/1,000');
  });

  it('skips tenths where one step covers several', () => {
    const output = new RecordedOutput();
    const progress = reportProgress(output, 'importing', 4);
    for (let done = 1; done <= 4; done++) progress.reach(done);
    expect(output.lines.map((line) => line.trim())).toEqual([
      'importing 20 % | 1/4',
      'importing 50 % | 2/4',
      'importing 70 % | 3/4',
      'importing 100 % | 4/4',
    ]);
  });

  it('writes nothing while nothing happens, and no control characters ever', () => {
    const output = new RecordedOutput();
    const progress = reportProgress(output, 'importing', 1000);
    progress.reach(1);
    expect(output.text).toBe('');
    progress.reach(1000);
    progress.finish();
    progress.finish();
    expect(output.text).toBe('   importing 100 % | 1,000/1,000\n');
  });

  it('does not fail when there is nothing to do', () => {
    const output = new RecordedOutput();
    reportProgress(output, 'importing', 0).reach(0);
    expect(output.lines).toEqual(['   importing 100 % | 0/0']);
  });
});

describe('progress on a terminal', () => {
  it('draws a bar', () => {
    const terminal = new RecordedTerminal();
    const progress = reportProgress(terminal, 'importing', 1000);
    progress.reach(500);
    progress.finish();
    expect(terminal.text).toContain('importing');
    expect(terminal.text).toContain('50 %');
    expect(terminal.text).toContain('500/1,000');
    expect(terminal.lines).toHaveLength(0);
  });
});
