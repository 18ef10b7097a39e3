import { describe, expect, it } from '@jest/globals';
import { bytes } from '../../src/output/quantities.js';
import { type ProgressOptions, ProgressReporter, type ProgressUpdate } from '../../src/progress/progress-reporter.js';
import { RecordedStream } from '../support/recorded-stream.js';

/** A reporter whose time the test tells. */
function reporter(stream: RecordedStream, options: Partial<ProgressOptions> = {}) {
  let time = 0;
  const progress = new ProgressReporter(stream, { label: 'importing', now: () => time, ...options });
  return {
    progress,
    at(ms: number, update: ProgressUpdate): void {
      time = ms;
      progress.update(update);
    },
  };
}

const redraw = '\r\u001b[2K';

describe('progress where nobody watches', () => {
  it('is a line every 10 s, without control characters', () => {
    const stream = new RecordedStream();
    const { at, progress } = reporter(stream, { total: 4_000_000 });
    for (let second = 1; second <= 25; second++) at(second * 1_000, { done: second * 100_000, failed: second - 10 });
    progress.finish();
    expect(stream.lines).toEqual([
      'importing  25 %  1,000,000/4,000,000 rows  100,000/s  0:30 left',
      'importing  50 %  2,000,000/4,000,000 rows  100,000/s  0:20 left  10 failed',
    ]);
  });

  it('is nothing for what is done soon', () => {
    const stream = new RecordedStream();
    const { at, progress } = reporter(stream);
    at(9_999, { done: 5 });
    progress.finish();
    expect(stream.text).toBe('');
  });
});

describe('progress on a terminal', () => {
  const terminal = () => new RecordedStream({ isTTY: true });

  it('is one line that is drawn over ten times a second at most, and goes in the end', () => {
    const stream = terminal();
    const { at, progress } = reporter(stream, { total: 1_000 });
    for (let ms = 50; ms <= 250; ms += 50) at(ms, { done: ms });
    progress.finish();
    progress.finish();
    expect(stream.text.split(redraw)).toEqual([
      '',
      'importing  10 %  100/1,000 rows  1,000/s  0:01 left',
      'importing  20 %  200/1,000 rows  1,000/s  0:01 left',
      '',
    ]);
    expect(stream.text).not.toContain('\n');
  });

  it('goes by how fast it was in the last 5 s', () => {
    const stream = terminal();
    const { at } = reporter(stream, { total: 10_000 });
    for (let second = 1; second <= 10; second++) at(second * 1_000, { done: second * 10 });
    for (let second = 11; second <= 20; second++) at(second * 1_000, { done: 100 + (second - 10) * 490 });
    expect(stream.text.split(redraw).at(-1)).toBe('importing  50 %  5,000/10,000 rows  490/s  0:10 left');
  });

  it('knows no end where there is no total, and takes that of a file from the part that is read', () => {
    const stream = terminal();
    const { at } = reporter(stream);
    at(1_000, { done: 500 });
    at(2_000, { done: 1_000, fraction: 0.25, failed: 1_234 });
    expect(stream.text.split(redraw).slice(1)).toEqual([
      'importing  500 rows  500/s',
      'importing  25 %  1,000 rows  500/s  0:06 left  1,234 failed',
    ]);
  });

  it('writes numbers as it is told', () => {
    const stream = terminal();
    const { at } = reporter(stream, { label: 'exporting', written: bytes });
    at(1_000, { done: 3 * 1_048_576 });
    expect(stream.text).toBe(`${redraw}exporting  3.0 MB  3.0 MB/s`);
  });

  it('is never longer than the terminal is wide', () => {
    const stream = new RecordedStream({ isTTY: true, columns: 20 });
    const { at } = reporter(stream, { total: 1_000 });
    at(1_000, { done: 500 });
    expect(stream.text).toBe(`${redraw}importing  50 %  50`);
    const unknown = new RecordedStream({ isTTY: true, columns: 0 });
    reporter(unknown, { total: 1_000 }).at(1_000, { done: 500 });
    expect(unknown.text).toBe(`${redraw}importing  50 %  500/1,000 rows  500/s  0:01 left`);
  });

  it('lets other lines stand above it', () => {
    const stream = terminal();
    const { at, progress } = reporter(stream);
    at(1_000, { done: 500 });
    progress.note('line 7 is wrong');
    at(2_000, { done: 1_000 });
    expect(stream.text).toBe(
      `${redraw}importing  500 rows  500/s${redraw}line 7 is wrong\n${redraw}importing  1,000 rows  500/s`,
    );
  });
});
