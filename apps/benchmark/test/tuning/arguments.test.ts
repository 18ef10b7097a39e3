import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../../src/operations/arguments.js';
import { parseTuningArguments } from '../../src/tuning/arguments.js';

describe('the arguments of bench:tuning', () => {
  it('mean everything where they say nothing', () => {
    expect(parseTuningArguments([])).toEqual({
      only: ['narrow', 'wide', 'huge'],
      latencies: [0, 1, 20],
      strategies: ['chunked'],
      rounds: 5,
      scale: 1,
    });
    expect(parseTuningArguments(['--help'])).toBe('help');
  });

  it('may ask for a part', () => {
    const argv = ['--only', 'huge', '--latency', '1,5', '--strategy', 'parallel', '--rounds', '1', '--scale', '0.1'];
    expect(parseTuningArguments(argv)).toEqual({
      only: ['huge'],
      latencies: [1, 5],
      strategies: ['parallel'],
      rounds: 1,
      scale: 0.1,
    });
  });

  it.each<[string, string[]]>([
    ['--only takes narrow, wide, huge, not "tall"', ['--only', 'tall']],
    ['--latency takes a number from 0, not "slow"', ['--latency', 'slow']],
    ['--rounds takes a number from 1, not "0"', ['--rounds', '0']],
    ['--strategy takes chunked, parallel, pipelined, not "single_query"', ['--strategy', 'single_query']],
    ["Unknown option '--rows'", ['--rows', '5']],
  ])('are refused: %s', (message, argv) => {
    expect(() => parseTuningArguments(argv)).toThrow(UsageError);
    expect(() => parseTuningArguments(argv)).toThrow(message);
  });
});
