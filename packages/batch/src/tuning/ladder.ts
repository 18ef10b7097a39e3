/** A new measurement counts for so much against what was known, at least. */
const weightOfNew = 0.25;

/** A chunk that takes so many times what others of its size took, or so much less, is odd. One may be; two say something. */
const odd = 1.5;

/** What a chunk says. */
export interface Noted {
  /** The rung of its size. */
  readonly rung: number;
  /** Of an odd one, nothing is believed; where another server seems to answer, nothing that was known. */
  readonly is: 'new' | 'usual' | 'odd' | 'another server';
}

/** What was measured of a size. */
interface Measured {
  /** The time of one record, smoothed. */
  readonly cost: number;
  readonly samples: number;
}

/**
 * Sizes, each twice the one below, and what a record costs in chunks of about that size.
 *
 * Only costs that were measured one after the other are compared: when the size stays and its cost changes, that is taken
 * to be so for all sizes.
 */
export class Ladder {
  readonly #base: number;
  readonly #measured = new Map<number, Measured>();
  #latest: number | undefined;
  #isFirst = true;
  /** Whether the latest chunk was much slower, or faster, than those of its size before. */
  #odd: 'slow' | 'fast' | undefined;

  /** @param base - the size at rung 0 */
  constructor(base: number) {
    this.#base = base;
  }

  sizeOf(rung: number): number {
    return Math.max(1, Math.round(this.#base * 2 ** rung));
  }

  /** The lowest rung whose size is not below this, so that it is also that of a size that was cut short. */
  rungOf(size: number): number {
    if (size === Number.POSITIVE_INFINITY) return size;
    let rung = Math.ceil(Math.log2(size / this.#base));
    // Sizes are whole numbers, and the smallest ones far from what they would be otherwise.
    while (this.sizeOf(rung) < size) rung++;
    while (this.sizeOf(rung - 1) >= size && this.sizeOf(rung - 1) < this.sizeOf(rung)) rung--;
    return rung;
  }

  /** Takes in what a record cost in a chunk of so many. */
  note(records: number, cost: number): Noted {
    const rung = this.rungOf(records);
    const known = this.#measured.get(rung);
    const isRepeated = this.#latest === rung;
    this.#latest = rung;
    // The very first chunk has statements planned, and memory fetched, for all that come after it.
    if (known === undefined || (this.#isFirst && isRepeated)) {
      this.#isFirst = known === undefined && this.#measured.size === 0;
      this.#odd = undefined;
      this.#measured.set(rung, { cost, samples: 1 });
      return { rung, is: 'new' };
    }
    this.#isFirst = false;
    const ratio = cost / known.cost;
    const side = ratio > odd ? 'slow' : ratio < 1 / odd ? 'fast' : undefined;
    const wasOdd = this.#odd;
    this.#odd = side;
    if (side === undefined) {
      const share = Math.max(weightOfNew, 1 / (known.samples + 1));
      const smoothed = known.cost + share * (cost - known.cost);
      if (isRepeated) this.#scaleOthers(rung, smoothed / known.cost);
      this.#measured.set(rung, { cost: smoothed, samples: known.samples + 1 });
      return { rung, is: 'usual' };
    }
    if (side !== wasOdd) return { rung, is: 'odd' };
    this.#odd = undefined;
    this.#measured.clear();
    this.#measured.set(rung, { cost, samples: 1 });
    return { rung, is: 'another server' };
  }

  /** What a record costs there, if that is known. */
  costOf(rung: number): number | undefined {
    return this.#measured.get(rung)?.cost;
  }

  /** Which part of a record's time the larger size saves; below 0 where it takes more, `undefined` where it is not known. */
  gain(smaller: number, larger: number): number | undefined {
    const one = this.#measured.get(smaller);
    const other = this.#measured.get(larger);
    return one === undefined || other === undefined ? undefined : 1 - other.cost / one.cost;
  }

  #scaleOthers(rung: number, factor: number): void {
    for (const [other, { cost, samples }] of this.#measured) {
      if (other !== rung) this.#measured.set(other, { cost: cost * factor, samples });
    }
  }
}
