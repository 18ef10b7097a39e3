import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BatchProgress } from '@uno/domain';
import { beginCall, type CallListener, type CallRecorder, idleRecorder } from '../../src/metrics/call-recorder.js';
import { deadlockNote, duplicate, insertCities, ManualClock } from './support/calls.js';

const progress: BatchProgress = {
  operation: 'batchInsert',
  name: 'City',
  processed: 500,
  total: 1000,
  failed: 0,
  skipped: 0,
  individually: 0,
  elapsedMs: 10,
  recordsPerSecond: 50_000,
  remainingMs: 10,
};
const failure = { index: 3, key: '30', error: duplicate };
const end = { total: 1000, successful: 999, failed: 1, skipped: 0 };

function tellAll(recorder: CallRecorder): void {
  recorder.statement(1200);
  recorder.chunk(500, 4);
  recorder.retried(deadlockNote);
  recorder.fellBack(500, duplicate);
  recorder.recordFailed(failure);
  recorder.progress(progress);
  recorder.end(end);
}

/** Keeps what it is told. */
function keeping(told: unknown[][]): CallListener {
  return {
    begin: (description, clock) => {
      told.push(['begin', description, clock]);
      return {
        statement: (...rest) => told.push(['statement', ...rest]),
        chunk: (...rest) => told.push(['chunk', ...rest]),
        retried: (...rest) => told.push(['retried', ...rest]),
        fellBack: (...rest) => told.push(['fellBack', ...rest]),
        recordFailed: (...rest) => told.push(['recordFailed', ...rest]),
        progress: (...rest) => told.push(['progress', ...rest]),
        end: (...rest) => told.push(['end', ...rest]),
      };
    },
  };
}

describe('beginCall', () => {
  it('gives the one idle recorder when no listener is on', () => {
    const off: CallListener = { begin: () => undefined };
    expect(beginCall(insertCities, [])).toBe(idleRecorder);
    expect(beginCall(insertCities, [off, off])).toBe(idleRecorder);
    tellAll(idleRecorder);
  });

  it('tells every listener everything, in order', () => {
    const clock = new ManualClock();
    const first: unknown[][] = [];
    const second: unknown[][] = [];
    tellAll(beginCall(insertCities, [keeping(first), { begin: () => undefined }, keeping(second)], clock));
    expect(first).toEqual([
      ['begin', insertCities, clock],
      ['statement', 1200],
      ['chunk', 500, 4],
      ['retried', deadlockNote],
      ['fellBack', 500, duplicate],
      ['recordFailed', failure],
      ['progress', progress],
      ['end', end],
    ]);
    expect(second).toEqual(first);
  });

  it('does not need listeners to hear of everything', () => {
    const statements: number[] = [];
    tellAll(beginCall(insertCities, [{ begin: () => ({ statement: (bytes) => statements.push(bytes) }) }]));
    expect(statements).toEqual([1200]);
  });
});

describe('a listener that throws', () => {
  const emitWarning = jest.spyOn(process, 'emitWarning');
  beforeEach(() => {
    emitWarning.mockReset().mockReturnValue();
  });
  afterEach(() => {
    emitWarning.mockReset();
  });

  const fail = (): never => {
    throw new RangeError('no disk');
  };
  const warning = [
    'A listener of batch calls threw.',
    { type: 'UnoWarning', code: 'UNO_LISTENER', detail: expect.stringContaining('RangeError: no disk') },
  ];

  it('is a warning once a call; it and the others hear of the rest', () => {
    const told: unknown[][] = [];
    const ends: unknown[] = [];
    const bad: CallListener = { begin: () => ({ statement: fail, chunk: fail, end: (it) => ends.push(it) }) };
    tellAll(beginCall(insertCities, [bad, keeping(told)]));
    expect(told).toHaveLength(8);
    expect(ends).toEqual([end]);
    expect(emitWarning.mock.calls).toEqual([warning]);
  });

  it('is left out when it throws as the call begins', () => {
    const told: unknown[][] = [];
    tellAll(beginCall(insertCities, [{ begin: fail }, keeping(told)]));
    expect(told).toHaveLength(8);
    expect(beginCall(insertCities, [{ begin: fail }])).toBe(idleRecorder);
    expect(emitWarning.mock.calls).toEqual([warning, warning]);
  });
});
