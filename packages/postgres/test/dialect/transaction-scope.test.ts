import { describe, expect, it, jest } from '@jest/globals';
import { TransactionScope } from '../../src/dialect/transaction-scope.js';

describe('TransactionScope', () => {
  it('tells every listener how the transaction ended, in the order of registration', () => {
    const scope = new TransactionScope();
    const seen: string[] = [];
    scope.onEnd((outcome) => seen.push(`first ${outcome}`));
    scope.onEnd((outcome) => seen.push(`second ${outcome}`));
    scope.end('committed');
    expect(seen).toEqual(['first committed', 'second committed']);
  });

  it('calls a listener once, even if the end were reported twice', () => {
    const scope = new TransactionScope();
    const listener = jest.fn();
    scope.onEnd(listener);
    scope.end('rolled-back');
    scope.end('committed');
    expect(listener.mock.calls).toEqual([['rolled-back']]);
  });

  it('calls nobody before the end', () => {
    const scope = new TransactionScope();
    const listener = jest.fn();
    scope.onEnd(listener);
    expect(listener).not.toHaveBeenCalled();
  });

  it('refuses a listener that would never be called', () => {
    const scope = new TransactionScope();
    scope.end('committed');
    expect(() => scope.onEnd(() => {})).toThrow('The transaction has ended already.');
  });
});
