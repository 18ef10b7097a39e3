/**
 * So many keys of a table are remembered at most, a power of two: more than an entity cache keeps unless it is told
 * otherwise.
 */
const slots = 16_384;

/**
 * Finds out how often keys are read again by a later call, in 128 KB whatever the number of keys. Each key has one slot,
 * by its hash, from which it drives another one out: so it may be forgotten too early, and repetitions are rather too
 * few than too many. (Two keys are taken for one when all 32 bits of their hashes are equal.)
 */
export class KeySketch {
  /** No more than so many keys are remembered. */
  static readonly mostKeys = slots;
  readonly #hashes = new Int32Array(slots);
  readonly #calls = new Int32Array(slots);
  #keys = 0;
  #repeated = 0;

  /** @param call - the number of the call, from 1: one that names a key twice has not read it again */
  note(key: string | number, call: number): void {
    const hash = typeof key === 'number' ? mixed((key | 0) ^ Math.imul(key / 2 ** 32, 0x9e3779b1)) : hashOf(key);
    const slot = hash & (slots - 1);
    this.#keys++;
    if (this.#hashes[slot] === hash && this.#calls[slot] !== 0 && this.#calls[slot] !== call) this.#repeated++;
    this.#hashes[slot] = hash;
    this.#calls[slot] = call;
  }

  /** Keys that were noted. */
  get keys(): number {
    return this.#keys;
  }

  /** Those among them that an earlier call had noted. */
  get repeated(): number {
    return this.#repeated;
  }
}

/** FNV-1a (Fowler, Noll, Vo) of 32 bits, and a last mixing, since the low bits choose the slot. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

function mixed(bits: number): number {
  const hash = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b);
  return hash ^ (hash >>> 16);
}
