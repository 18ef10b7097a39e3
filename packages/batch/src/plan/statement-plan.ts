import { IndexRanges } from '@uno/domain';
import type { Step } from '../engine/step.js';
import type { PlannedStatement } from './batch-plan.js';

/** So many ranges of positions are told of a statement. */
const mostRanges = 100;

type When = PlannedStatement['when'];

interface Tally {
  readonly when: When;
  readonly step: Step;
  readonly positions: IndexRanges;
  times: number;
  records: number;
}

/** Puts together what is sent with one text, for one reason. */
export class StatementTally {
  readonly #tallies = new Map<string, Tally>();

  add(when: When, step: Step): void {
    const { way, why, sql, parameters, onlyIf, times, indices } = step;
    const name = JSON.stringify([when, way, why, sql, parameters, onlyIf]);
    let tally = this.#tallies.get(name);
    if (tally === undefined) {
      tally = { when, step, positions: new IndexRanges(), times: 0, records: 0 };
      this.#tallies.set(name, tally);
    }
    tally.times += onlyIf === undefined ? times : 0;
    tally.records += indices.length;
    // Ascending, each of them costs nothing.
    for (const index of indices.toSorted((a, b) => a - b)) tally.positions.add(index);
  }

  /** @param isCounted - whether what was added is all that is sent */
  statements(isCounted: boolean): PlannedStatement[] {
    return [...this.#tallies.values()].map(({ when, step, positions, times, records }) => {
      const { way, why, sql, parameters, onlyIf = null } = step;
      const isKnown = isCounted || when !== 'chunk';
      return {
        when,
        way,
        why: when === 'chunk' || why !== '' ? why : onceWhy[when],
        sql,
        parameters,
        times: isKnown ? times : null,
        records: isKnown ? records : null,
        positions: positions.ranges.slice(0, mostRanges),
        onlyIf,
      };
    });
  }
}

const onceWhy = {
  before: 'it is done once, before the records',
  after: 'it is done once, after the records',
} as const;
