import { describe, expect, it } from '@jest/globals';
import { LostAnswer } from '../../src/faults/lost-answer.js';

describe('the answer that is lost', () => {
  it('is the next one when the server owes none', () => {
    const lost = new LostAnswer();
    lost.clientSaid('StartupMessage');
    expect(lost.serverHasSaid('ReadyForQuery')).toBe(false);
    lost.lose();
    lost.clientSaid('Query');
    expect(lost.isUnderWay).toBe(true);
    expect(lost.serverHasSaid('CommandComplete')).toBe(false);
    expect(lost.serverHasSaid('ReadyForQuery')).toBe(true);
  });

  it('comes after those of the statements sent before it', () => {
    const lost = new LostAnswer();
    lost.clientSaid('Query');
    for (const name of ['Parse', 'Bind', 'Execute', 'Sync', 'Parse'] as const) lost.clientSaid(name);
    lost.lose();
    for (const name of ['Bind', 'Execute', 'Sync', 'Query'] as const) lost.clientSaid(name);
    expect(lost.serverHasSaid('ReadyForQuery')).toBe(false);
    expect(lost.isUnderWay).toBe(false);
    expect(lost.serverHasSaid('ReadyForQuery')).toBe(false);
    expect(lost.isUnderWay).toBe(true);
    expect(lost.serverHasSaid('ReadyForQuery')).toBe(true);
  });

  it('remains the same when a later one is to be lost as well', () => {
    const lost = new LostAnswer();
    lost.lose();
    lost.clientSaid('Query');
    lost.lose();
    lost.clientSaid('Query');
    expect(lost.serverHasSaid('ReadyForQuery')).toBe(true);
  });
});
