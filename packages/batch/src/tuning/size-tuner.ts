import { Ceiling } from './ceiling.js';
import type { ChunkSizes, Weight } from './chunk-sizes.js';
import { Climber, type Reach, type SizeReason, worthwhile } from './climber.js';
import { Ladder } from './ladder.js';
import type { SizeBounds } from './size-bounds.js';
import { startSize } from './start-size.js';

/** What a {@link SizeTuner} goes by. */
export interface SizeTunerOptions {
  readonly bounds: SizeBounds;
  /** Chunks that are done side by side: none of them gets more than its share of what is left. */
  readonly workers: number;
  /** Hears of every other size that is chosen. */
  readonly onChange?: ((size: number, reason: SizeReason) => void) | undefined;
}

/** What took no time at all has been measured wrongly. */
const shortestMs = 0.001;

/** Each time, a worker takes its share of what is left, but not so little that it is nearly all waiting. */
const smallestShare = 8;

/**
 * Finds out how many records are best done at once, by climbing the hill of records a second.
 *
 * What n records take is about `a + b·n`: each chunk costs something by itself, such as round trips, so that larger chunks
 * are faster until that no longer counts, and slower where memory or a cache is too small for them. So sizes are rungs of a
 * ladder, each twice the one below. It begins where width and number of columns say, and doubles like the slow start of TCP
 * (Jacobson, "Congestion Avoidance and Control", 1988) for as long as records take 5 % less time. From then on, it tries a
 * neighbour now and then, and goes there if a larger size gains 5 % or a smaller one loses no more than 2 %: what is
 * compared are neighbours in time, so that a server that becomes slow as a whole changes nothing, and where it becomes
 * another one, everything begins anew.
 *
 * Pure: no clock, no randomness; asking for a size changes nothing.
 */
export class SizeTuner implements ChunkSizes {
  readonly says: string;
  readonly isTuned = true;
  readonly #bounds: SizeBounds;
  readonly #workers: number;
  readonly #onChange: SizeTunerOptions['onChange'];
  readonly #ceiling: Ceiling;
  #weight: Weight = { records: 0, bytes: 0, values: 0 };
  #waitMs = 0;
  /** Made when something has become of the first chunk. */
  #climb: { readonly ladder: Ladder; readonly climber: Climber } | undefined;
  /** Whether pieces of a chunk were too much: what it took says nothing then. */
  #isDisturbed = false;

  constructor({ bounds, workers, onChange }: SizeTunerOptions) {
    const { minSize, maxSize, targetMs, maxBytes } = bounds;
    this.#bounds = bounds;
    this.says = `optimizeForSize: ${minSize} to ${maxSize} records, ${targetMs} ms and ${maxBytes} bytes at most`;
    this.#workers = workers;
    this.#onChange = onChange;
    this.#ceiling = new Ceiling(minSize);
  }

  get mostAtOnce(): number {
    return this.#ceiling.most;
  }

  sizeFor(weight: Weight, left: number): number {
    if (weight.records > 0) this.#weight = weight;
    const size = this.#size;
    if (this.#workers === 1) return size;
    // Whoever comes last must not have so much that all others wait.
    return Math.min(size, Math.max(Math.ceil(left / this.#workers), Math.floor(size / smallestShare)));
  }

  waited(elapsedMs: number): void {
    this.#waitMs = elapsedMs;
  }

  done(records: number, elapsedMs: number): void {
    if (records < 1) return;
    const { ladder, climber } = this.#climbFrom(records);
    this.#ceiling.wentThrough(this.#bounds.maxSize);
    if (this.#isDisturbed) {
      this.#isDisturbed = false;
      return;
    }
    const { rung, is } = ladder.note(records, Math.max(elapsedMs, shortestMs) / records);
    if (is === 'odd') return;
    if (is === 'another server') climber.beginAnew();
    const reach = this.#reach(ladder);
    if (climber.rung > reach.top) climber.settle(reach.top, this.#whyNotLarger);
    else if (rung === climber.rung) climber.decide(reach);
  }

  tooMuch(records: number): number | undefined {
    const before = this.#ceiling.most;
    const { ladder, climber } = this.#climbFrom(records);
    if (!this.#ceiling.lower(records)) return undefined;
    this.#isDisturbed = true;
    const { most } = this.#ceiling;
    if (most < before) climber.settle(Math.min(climber.rung, this.#reach(ladder).top), 'too much at once');
    return most;
  }

  /** The first chunk is its base. What has been cut since may be larger, as the network was found to be slow. */
  #climbFrom(records: number): { readonly ladder: Ladder; readonly climber: Climber } {
    if (this.#climb === undefined) {
      const ladder = new Ladder(records);
      const rung = this.#waitMs > 0 ? Math.max(0, ladder.rungOf(this.#size)) : 0;
      const onMove = (reason: SizeReason) => this.#onChange?.(this.#size, reason);
      this.#climb = { ladder, climber: new Climber(ladder, rung, 0, onMove) };
    }
    return this.#climb;
  }

  /** What is chosen at present, but for what is left. */
  get #size(): number {
    const { ladder, climber } = this.#climb ?? {};
    const size =
      ladder === undefined || climber === undefined
        ? startSize(this.#weight, this.#bounds, this.#waitMs)
        : ladder.sizeOf(climber.rung);
    return Math.min(Math.max(size, this.#bounds.minSize), this.#limit);
  }

  get #limit(): number {
    const { minSize, maxSize } = this.#bounds;
    const inTime = Math.max(minSize, this.#timeLimit);
    return Math.max(1, Math.floor(Math.min(maxSize, this.#widthLimit, this.#ceiling.most, inTime)));
  }

  /** Records that take as long as a chunk may. */
  get #timeLimit(): number {
    const cost = this.#climb?.climber.cost;
    return cost === undefined ? Number.POSITIVE_INFINITY : this.#bounds.targetMs / cost;
  }

  /** Records that have as many bytes as a chunk may. */
  get #widthLimit(): number {
    const { records, bytes } = this.#weight;
    return bytes === 0 ? Number.POSITIVE_INFINITY : (this.#bounds.maxBytes * records) / bytes;
  }

  get #whyNotLarger(): SizeReason {
    return this.#widthLimit < this.#timeLimit ? 'too many bytes' : 'took too long';
  }

  #reach(ladder: Ladder): Reach {
    const bottom = ladder.rungOf(this.#bounds.minSize);
    // A size that is hardly larger is not worth a rung of its own.
    return { bottom, top: Math.max(bottom, ladder.rungOf(this.#limit * (1 - worthwhile))) };
  }
}
