import type { Ladder } from './ladder.js';

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

/** Larger chunks have to gain so much, and smaller ones may lose so little, as parts of the time of a record. */
export const worthwhile = 0.05;
const negligible = 0.02;

/** Where twice the size gains as much, it is doubled twice. */
const large = 0.25;

/** Chunks between two attempts to find a better size: few after one was found, and then more each time. */
const impatient = 2;
const patient = 8;
const mostPatient = 64;

/** Chunks of an attempt: one alone may have been slow for another reason. */
const chunksToTry = 2;

type Phase = 'climbing' | 'holding' | 'trying';

/** Between which rungs it may be. */
export interface Reach {
  readonly bottom: number;
  readonly top: number;
}

/** Looks for the rung of a ladder on which records cost least: the lowest of those on which they cost about as little. */
export class Climber {
  readonly #ladder: Ladder;
  readonly #onMove: (reason: SizeReason) => void;
  #rung: number;
  /** The rung that another one is compared with. */
  #home: number;
  #phase: Phase = 'climbing';
  /** Whether climbing has led anywhere. */
  #hasClimbed = false;
  #triesUp = true;
  #patience = patient;
  /** Chunks of this size since the last decision. */
  #since = 0;

  /**
   * @param home - the rung of the first chunk, if it is another one
   * @param onMove - told of every rung that is settled for, and of those on the way there
   */
  constructor(ladder: Ladder, rung: number, home: number, onMove: (reason: SizeReason) => void) {
    this.#ladder = ladder;
    this.#rung = rung;
    this.#home = home;
    this.#onMove = onMove;
  }

  /** Where it is. */
  get rung(): number {
    return this.#rung;
  }

  /** What a record costs there, or where it came from. */
  get cost(): number | undefined {
    return this.#ladder.costOf(this.#rung) ?? this.#ladder.costOf(this.#home);
  }

  /** Begins as at first, from where it is. */
  beginAnew(): void {
    this.#phase = 'climbing';
    this.#home = this.#rung;
    this.#hasClimbed = false;
    this.#since = 0;
  }

  /** A chunk of the size that it is at was measured. */
  decide(reach: Reach): void {
    this.#since++;
    if (this.#phase === 'climbing') this.#climb(reach);
    else if (this.#phase === 'trying') this.#judge(reach);
    else this.#hold(reach);
  }

  /** Stays on a rung for some time. */
  settle(rung: number, reason?: SizeReason): void {
    this.#phase = 'holding';
    this.#since = 0;
    this.#patience = patient;
    if (reason !== undefined) this.#go(rung, reason);
  }

  /** Goes on as long as it helps: up, and down if up does not help. */
  #climb(reach: Reach): void {
    const [rung, home] = [this.#rung, this.#home];
    const isUp = rung > home;
    // One chunk is enough to see that larger ones pay; that smaller ones do not is seen later.
    if (rung < home && this.#since < chunksToTry) return;
    const gain = this.#gain(home, rung);
    if (rung === home) {
      // There is nothing that the first chunk could be compared with.
      this.#step(reach, 1);
    } else if (isUp ? gain > worthwhile : gain < negligible) {
      this.#home = rung;
      this.#hasClimbed = true;
      const far = isUp ? gain > large : gain < -large;
      this.#step(reach, (isUp ? 1 : -1) * (far ? 2 : 1));
    } else if (isUp && gain < negligible && !this.#hasClimbed) {
      this.#rung = home;
      this.#step(reach, -1);
    } else if (isUp && gain >= negligible) this.settle(rung);
    else this.settle(home, isUp ? 'smaller costs nothing' : 'larger pays');
  }

  /** Up by so many rungs, or down if that is less than none, as far as it may; else there is nothing more to find. */
  #step({ bottom, top }: Reach, rungs: number): void {
    const next = Math.max(bottom, Math.min(top, this.#rung + rungs));
    if (next === this.#rung) this.settle(next);
    else this.#go(next, rungs > 0 ? 'larger pays' : 'smaller costs nothing');
  }

  /** Tries one of the neighbours, the other one the next time. */
  #hold({ bottom, top }: Reach): void {
    if (this.#since < this.#patience) return;
    const up = this.#rung < top ? [this.#rung + 1] : [];
    const down = this.#rung > bottom ? [this.#rung - 1] : [];
    const [tried] = this.#triesUp ? [...up, ...down] : [...down, ...up];
    if (tried === undefined) return;
    this.#triesUp = tried < this.#rung;
    this.#home = this.#rung;
    this.#phase = 'trying';
    this.#since = 0;
    this.#rung = tried;
  }

  #judge(reach: Reach): void {
    if (this.#since < chunksToTry) return;
    const [tried, home] = [this.#rung, this.#home];
    const isUp = tried > home;
    const gain = this.#gain(home, tried);
    const patience = this.#patience;
    this.#rung = home;
    if (isUp ? gain <= worthwhile : gain >= negligible) {
      this.settle(home);
      this.#patience = Math.min(mostPatient, patience * 2);
      return;
    }
    this.settle(tried, isUp ? 'larger pays' : 'smaller costs nothing');
    // What has helped once is tried again soon, in the same direction; where it has helped much, at once.
    this.#patience = impatient;
    this.#triesUp = isUp;
    if (isUp ? gain <= large : gain >= -large) return;
    this.#phase = 'climbing';
    this.#hasClimbed = true;
    this.#home = tried;
    this.#step(reach, isUp ? 2 : -2);
  }

  #go(rung: number, reason: SizeReason): void {
    if (rung === this.#rung) return;
    this.#rung = rung;
    this.#since = 0;
    this.#onMove(reason);
  }

  /** Which part of a record's time the larger of two sizes saves. */
  #gain(one: number, other: number): number {
    return this.#ladder.gain(Math.min(one, other), Math.max(one, other)) ?? 0;
  }
}
