import { createRequire } from 'node:module';

// Its types are those of a CommonJS module, which it is not for an import.
const { default: TestSequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/**
 * Suites that take long whatever their size, by which jest orders those that it has never run: begun last, one of them would
 * keep one worker busy while the others have nothing left.
 */
const slow = [
  'readme',
  'killed',
  'lost-connection',
  'raised-by-triggers',
  'sudden-end',
  'restarted-server',
  'stalled-network',
  'true-plans',
  'no-connection',
  'record-by-record',
  'same-results',
  'launched-server',
  'commit-lookup',
  'terminated-session',
  'server-limits',
  'run-benchmark',
  'start-postgres',
  'start-embedded',
  'increment',
  'command',
];

/** @param {{ readonly path: string }} test */
function placeOf({ path }) {
  const place = slow.findIndex((name) => path.includes(`/${name}`));
  return place < 0 ? slow.length : place;
}

/** Begins with the suites that are known to take long, and leaves the others in jest's own order. */
export default class SlowestFirst extends TestSequencer {
  /** @param {readonly { readonly path: string }[]} tests */
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => placeOf(a) - placeOf(b));
  }
}
