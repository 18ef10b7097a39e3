import type { ChunkSizes, Weight } from './chunk-sizes.js';
import { Ladder } from './ladder.js';
import type { SizeBounds } from './size-bounds.js';
import { startSize } from './start-size.js';

/** Why another size was chosen. */
export type SizeReason =
  /** Records take less time in larger chunks. */
  | 'larger pays'
  /** They take no more time in smaller ones, which lose less when one fails. */
  | 'smaller costs nothing'
  /** A chunk took longer than it may. */
  | 'took too long'
  /** Records have become wider. */
  | 'too many bytes'
  /** A chunk was too much for the memory of the server, or for the time that it allows. */
  | 'too much at once';

/** What a {@link SizeTuner} goes by. */
export interface SizeTunerOptions {
  readonly bounds: SizeBounds;
  /** Chunks that are done side by side: none of them gets more than its share of what is left. */
  readonly workers: number;
  /** Hears of every other size that is chosen. */
  readonly onChange?: ((size: number, reason: SizeReason) => void) | undefined;
}

/** Larger chunks have to gain so much, and smaller ones may lose so little, as parts of the time of a record. */
const worthwhile = 0.05;
const negligible = 0.02;

/** Where twice the size gains as much, it is doubled twice. */
const large = 0.25;

/** What took no time at all has been measured wrongly. */
const shortestMs = 0.001;

/** Chunks between two attempts to find a better size: few after one was found, and then more each time. */
const impatient = 2;
const patient = 8;
const mostPatient = 64;

/** Chunks of an attempt: one alone may have been slow for another reason. */
const chunksToTry = 2;

/** What was too much is tried in pieces of one in so many, but no smaller than one in so many of all. */
const partOfFailed = 4;
const smallestPart = 256;

/** Chunks that go through before larger ones than those that were too much are tried again; doubled each time. */
const firstCaution = 16;
const mostCaution = 1024;

type Phase = 'climbing' | 'holding' | 'trying';

/**
 * Finds out how many records are best done at once, by climbing the hill of records a second.
 *
 * What n records take is about `a + b·n`: each chunk costs something by itself, such as round trips, so that larger chunks
 * are faster until that no longer counts, and slower where memory or a cache is too small for them. So sizes are rungs of a
 * ladder, each twice the one below. It begins where width and number of columns say, and doubles like the slow start of TCP
 * (Jacobson, "Congestion Avoidance and Control", 1988) for as long as records take 5 % less time. From then on, it tries a
 * neighbour now and then, and goes there if a larger size gains 5 % or a smaller one loses no more than 2 %: what is
 * compared are neighbours in time, so that a server that becomes slow as a whole changes nothing. What was too much for
 * the server makes it go down at once and up again with more and more caution, as in TCP, too.
 *
 * Pure: no clock, no randomness; asking for a size changes nothing.
 */
export class SizeTuner implements ChunkSizes {
  readonly says: string;
  readonly isTuned = true;
  readonly #bounds: SizeBounds;
  readonly #workers: number;
  readonly #onChange: SizeTunerOptions['onChange'];
  #weight: Weight = { records: 0, bytes: 0, values: 0 };
  /** Made when something has become of the first chunk. */
  #ladder: Ladder | undefined;
  #rung = 0;
  #waitMs = 0;
  #phase: Phase = 'climbing';
  /** The rung that another one is tried from. */
  #home = 0;
  /** Whether climbing has led anywhere. */
  #hasClimbed = false;
  #triesUp = true;
  #patience = impatient;
  /** Chunks since the last decision. */
  #since = 0;
  #ceiling = Number.POSITIVE_INFINITY;
  #caution = firstCaution / 2;
  /** Chunks that went through since one was too much. */
  #good = 0;
  /** The largest number that was too much since one went through. */
  #failed = 0;
  /** Whether pieces of a chunk were too much: what it took says nothing then. */
  #isDisturbed = false;

  constructor({ bounds, workers, onChange }: SizeTunerOptions) {
    this.#bounds = bounds;
    this.says = `optimizeForSize: ${bounds.minSize} to ${bounds.maxSize} records, ${bounds.targetMs} ms and ${bounds.maxBytes} bytes at most`;
    this.#workers = workers;
    this.#onChange = onChange;
  }

  sizeFor(weight: Weight, left: number): number {
    if (weight.records > 0) this.#weight = weight;
    const size = this.#size;
    // Whoever comes last must not have so much that all others wait.
    const share = this.#workers > 1 ? Math.max(Math.ceil(left / this.#workers), size >> 3) : size;
    return Math.min(size, share);
  }

  waited(elapsedMs: number): void {
    this.#waitMs = elapsedMs;
  }

  done(records: number, elapsedMs: number): void {
    if (records < 1) return;
    const ladder = this.#ladderFrom(records);
    this.#failed = 0;
    this.#recover();
    if (this.#isDisturbed) {
      this.#isDisturbed = false;
      return;
    }
    const { rung, is } = ladder.note(records, Math.max(elapsedMs, shortestMs) / records);
    if (is === 'odd') return;
    if (is === 'another server') this.#beginAnew();
    const top = this.#top(ladder);
    if (this.#rung > top) this.#settle(top, this.#whyNotLarger(ladder));
    else if (rung === this.#rung) this.#decide(ladder, top);
  }

  tooMuch(records: number): number | undefined {
    const { minSize } = this.#bounds;
    this.#failed = Math.max(this.#failed, records);
    const least = Math.max(minSize, this.#failed / smallestPart);
    if (records <= least) return undefined;
    const part = Math.max(minSize, Math.floor(records / partOfFailed));
    const ladder = this.#ladderFrom(records);
    if (part < this.#ceiling) {
      this.#ceiling = part;
      this.#caution = Math.min(mostCaution, this.#caution * 2);
      this.#settle(Math.min(this.#rung, this.#top(ladder)), 'too much at once');
    }
    this.#good = 0;
    this.#isDisturbed = true;
    return Math.min(part, this.#ceiling);
  }

  get mostAtOnce(): number {
    return this.#ceiling;
  }

  /** The first chunk is its base. What has been cut since may be larger, as the network was found to be slow. */
  #ladderFrom(records: number): Ladder {
    if (this.#ladder === undefined) {
      const size = this.#size;
      this.#ladder = new Ladder(records);
      if (this.#waitMs > 0) this.#rung = Math.max(0, this.#ladder.rungOf(size));
    }
    return this.#ladder;
  }

  /** What is chosen at present, but for what is left. */
  get #size(): number {
    const size = this.#ladder?.sizeOf(this.#rung) ?? startSize(this.#weight, this.#bounds, this.#waitMs);
    return Math.min(Math.max(size, this.#bounds.minSize), this.#limit(this.#ladder));
  }

  #limit(ladder: Ladder | undefined): number {
    const { minSize, maxSize } = this.#bounds;
    const inTime = Math.max(minSize, this.#timeLimit(ladder));
    return Math.max(1, Math.floor(Math.min(maxSize, this.#widthLimit, this.#ceiling, inTime)));
  }

  /** Records that take as long as a chunk may. */
  #timeLimit(ladder: Ladder | undefined): number {
    const cost = ladder?.costOf(this.#rung) ?? ladder?.costOf(this.#home);
    return cost === undefined ? Number.POSITIVE_INFINITY : this.#bounds.targetMs / cost;
  }

  /** Records that have as many bytes as a chunk may. */
  get #widthLimit(): number {
    const { records, bytes } = this.#weight;
    return bytes === 0 ? Number.POSITIVE_INFINITY : (this.#bounds.maxBytes * records) / bytes;
  }

  #whyNotLarger(ladder: Ladder): SizeReason {
    return this.#widthLimit < this.#timeLimit(ladder) ? 'too many bytes' : 'took too long';
  }

  #top(ladder: Ladder): number {
    // A size that is hardly larger is not worth a rung of its own.
    return Math.max(this.#bottom(ladder), ladder.rungOf(this.#limit(ladder) * (1 - worthwhile)));
  }

  #bottom(ladder: Ladder): number {
    return ladder.rungOf(this.#bounds.minSize);
  }

  #beginAnew(): void {
    this.#phase = 'climbing';
    this.#home = this.#rung;
    this.#hasClimbed = false;
    this.#since = 0;
  }

  #decide(ladder: Ladder, top: number): void {
    this.#since++;
    if (this.#phase === 'climbing') this.#climb(ladder, top);
    else if (this.#phase === 'trying') this.#judge(ladder, top);
    else this.#hold(ladder, top);
  }

  /** Goes on as long as it helps: up, and down if up does not help. */
  #climb(ladder: Ladder, top: number): void {
    const [rung, home] = [this.#rung, this.#home];
    // There is nothing that the first chunk could be compared with.
    if (rung === home) return this.#step(ladder, top, 1);
    const isUp = rung > home;
    if (!isUp && this.#since < chunksToTry) return;
    const gain = gainOf(ladder, home, rung);
    if (isUp ? gain > worthwhile : gain < negligible) {
      this.#home = rung;
      this.#hasClimbed = true;
      const far = isUp ? gain > large : gain < -large;
      this.#step(ladder, top, (isUp ? 1 : -1) * (far ? 2 : 1));
    } else if (isUp && gain < negligible && !this.#hasClimbed) {
      this.#rung = home;
      this.#step(ladder, top, -1);
    } else if (isUp && gain >= negligible) this.#settle(rung);
    else this.#settle(home, isUp ? 'smaller costs nothing' : 'larger pays');
  }

  /** Up by so many rungs, or down if that is less than none, as far as is allowed; else there is nothing more to find. */
  #step(ladder: Ladder, top: number, rungs: number): void {
    const next = Math.max(this.#bottom(ladder), Math.min(top, this.#rung + rungs));
    if (next === this.#rung) this.#settle(next);
    else this.#go(next, rungs > 0 ? 'larger pays' : 'smaller costs nothing');
  }

  /** Tries one of the neighbours, the other one the next time. */
  #hold(ladder: Ladder, top: number): void {
    if (this.#since < this.#patience) return;
    const up = this.#rung < top ? [this.#rung + 1] : [];
    const down = this.#rung > this.#bottom(ladder) ? [this.#rung - 1] : [];
    const [tried] = this.#triesUp ? [...up, ...down] : [...down, ...up];
    if (tried === undefined) return;
    this.#triesUp = tried < this.#rung;
    this.#home = this.#rung;
    this.#phase = 'trying';
    this.#since = 0;
    this.#rung = tried;
  }

  #judge(ladder: Ladder, top: number): void {
    if (this.#since < chunksToTry) return;
    const [tried, home] = [this.#rung, this.#home];
    const isUp = tried > home;
    const gain = gainOf(ladder, home, tried);
    const patience = this.#patience;
    this.#rung = home;
    if (isUp ? gain > worthwhile : gain < negligible) {
      this.#settle(tried, isUp ? 'larger pays' : 'smaller costs nothing');
      // What has helped once is tried again soon, in the same direction; where it has helped much, at once.
      this.#patience = impatient;
      this.#triesUp = isUp;
      if (isUp ? gain <= large : gain >= -large) return;
      this.#phase = 'climbing';
      this.#hasClimbed = true;
      this.#home = tried;
      this.#step(ladder, top, isUp ? 2 : -2);
    } else {
      this.#settle(home);
      this.#patience = Math.min(mostPatient, patience * 2);
    }
  }

  #settle(rung: number, reason?: SizeReason): void {
    this.#phase = 'holding';
    this.#since = 0;
    this.#patience = patient;
    if (reason !== undefined) this.#go(rung, reason);
  }

  #go(rung: number, reason: SizeReason): void {
    if (rung === this.#rung) return;
    this.#rung = rung;
    this.#since = 0;
    this.#onChange?.(this.#size, reason);
  }

  /** After enough chunks that went through, twice as much may be tried again. */
  #recover(): void {
    this.#good++;
    if (this.#good < this.#caution || this.#ceiling === Number.POSITIVE_INFINITY) return;
    this.#good = 0;
    this.#ceiling *= 2;
    if (this.#ceiling > this.#bounds.maxSize) this.#ceiling = Number.POSITIVE_INFINITY;
  }
}

/** Which part of a record's time the larger of two sizes saves. */
function gainOf(ladder: Ladder, one: number, other: number): number {
  return ladder.gain(Math.min(one, other), Math.max(one, other)) ?? 0;
}
