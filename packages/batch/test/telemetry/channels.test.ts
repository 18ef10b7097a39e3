import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { beginCall, type CallRecorder, idleRecorder } from '../../src/metrics/call-recorder.js';
import { channelListener } from '../../src/telemetry/channels.js';
import { deadlockNote, duplicate, insertCities, ManualClock } from '../metrics/support/calls.js';

const names = ['start', 'chunk', 'retry', 'fallback', 'failure', 'end'].map((name) => `uno:batch:${name}`);
const failure = { index: 3, key: '30', error: duplicate };
const end = { total: 1000, successful: 999, failed: 1, skipped: 0 };

describe('the diagnostics channels', () => {
  let told: [string | symbol, unknown][] = [];
  const keep = (message: unknown, name: string | symbol) => {
    told.push([name, message]);
  };
  afterEach(() => {
    for (const name of names) unsubscribe(name, keep);
    told = [];
  });
  const clock = new ManualClock();
  const begin = (): CallRecorder => beginCall(insertCities, [channelListener], clock);
  const tellAll = (call: CallRecorder) => {
    call.statement(1200);
    call.chunk(500, 4);
    call.retried(deadlockNote);
    call.fellBack(300, duplicate);
    call.recordFailed(failure);
    clock.advance(70);
    call.end(end);
  };

  it('tell their subscribers of everything', () => {
    for (const name of names) subscribe(name, keep);
    tellAll(begin());
    const call = insertCities;
    expect(told).toEqual([
      ['uno:batch:start', { call }],
      ['uno:batch:chunk', { call, records: 500, elapsedMs: 4 }],
      ['uno:batch:retry', { call, note: deadlockNote }],
      ['uno:batch:fallback', { call, records: 300, reason: duplicate }],
      ['uno:batch:failure', { call, failure }],
      ['uno:batch:end', { call, end, elapsedMs: 70 }],
    ]);
  });

  it('say which call it is by one object for each', () => {
    for (const name of names) subscribe(name, keep);
    tellAll(begin());
    tellAll(begin());
    const calls = told.map(([, message]) =>
      typeof message === 'object' && message !== null && 'call' in message ? message.call : undefined,
    );
    expect(new Set(calls.slice(0, 6)).size).toBe(1);
    expect(new Set(calls).size).toBe(2);
    expect(Object.isFrozen(calls[0])).toBe(true);
  });

  it.each(names)('publish to %s alone when nobody else listens', (name) => {
    subscribe(name, keep);
    tellAll(begin());
    expect(told.map(([to]) => to)).toEqual([name]);
  });

  it('are off without a subscriber', () => {
    expect(begin()).toBe(idleRecorder);
    subscribe('uno:batch:end', keep);
    const call = begin();
    expect(call).not.toBe(idleRecorder);
    unsubscribe('uno:batch:end', keep);
    tellAll(call);
    expect(told).toEqual([]);
  });
});
