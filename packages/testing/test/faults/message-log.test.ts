import { describe, expect, it } from '@jest/globals';
import { MessageLog } from '../../src/faults/message-log.js';

const query = (text: string) => ({ connection: 1, from: 'client', name: 'Query', text }) as const;

describe('the log of messages', () => {
  it('keeps the last ones, as many as it may', () => {
    const log = new MessageLog(2);
    for (const text of ['1', '2', '3']) log.add(query(text));
    expect(log.messages).toEqual([query('2'), query('3')]);
    log.clear();
    expect(log.messages).toEqual([]);
  });

  it('keeps fewer of them when their texts are long', () => {
    const log = new MessageLog(10_000);
    for (let added = 0; added < 1_000; added += 1) log.add(query('x'.repeat(65_531)));
    expect(log.messages).toHaveLength(256);
    log.clear();
    log.add(query('x'));
    expect(log.messages).toHaveLength(1);
  });
});
