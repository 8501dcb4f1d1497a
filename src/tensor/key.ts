/**
 * @file Keys of random streams. A key is 64 bits; `split` derives a new one from a name by hashing the name
 * through Threefry itself, so streams are told apart by what they are for and never by the order of calls
 * (conventions.md, Randomness).
 */
import { FathomError } from "./errors.ts";
import { fillBlocks } from "./threefry.ts";

/** Streams use counters below 2^53; a high counter word with this bit set belongs to `split` alone. */
const SPLIT_DOMAIN = 0x80000000;

/**
 * An immutable 64-bit key. Use each key for one purpose: two draws from the same key are correlated, two draws
 * from `key.split("a")` and `key.split("b")` are not.
 * @example
 * const key = Key.fromSeed(7);
 * const weights = normal(key.split("weights"), "float32", [128, 784]);
 */
export class Key {
  /** High and low 32 bits, unsigned. */
  readonly high: number;
  readonly low: number;

  private constructor(high: number, low: number) {
    this.high = high >>> 0;
    this.low = low >>> 0;
  }

  /**
   * The key of a user's seed.
   * @param seed Integer from 0 to 2^53 - 1, or a bigint from 0 to 2^64 - 1.
   * @throws FathomError bad-input for anything else.
   */
  static fromSeed(seed: number | bigint): Key {
    const usable = typeof seed === "bigint" ? true : Number.isSafeInteger(seed);
    if (!usable || seed < 0 || seed > 0xffff_ffff_ffff_ffffn) {
      throw new FathomError({
        code: "bad-input",
        where: "seed",
        message: `The seed ${seed} is not a usable integer.`,
        hint: "Use an integer from 0 to 9007199254740991, or a bigint below 2^64.",
      });
    }
    const bits = BigInt(seed);
    return new Key(Number(bits >> 32n), Number(bits & 0xffff_ffffn));
  }

  /**
   * Reads back what `toString` wrote.
   * @throws FathomError bad-input when the text is not 16 hexadecimal digits.
   */
  static parse(hex: string): Key {
    if (!/^[0-9a-f]{16}$/i.test(hex)) {
      throw new FathomError({
        code: "bad-input",
        where: "key",
        message: `"${hex.slice(0, 40)}" is not a key.`,
        hint: "A key is written as 16 hexadecimal digits.",
      });
    }
    return new Key(Number.parseInt(hex.slice(0, 8), 16), Number.parseInt(hex.slice(8), 16));
  }

  /**
   * The key of a named sub-stream: a function of this key and the name only. A number is its decimal name.
   *
   * Each block of four UTF-16 units m replaces the state h by E_h(m) xor m (Matyas-Meyer-Oseas), starting from
   * E_key(domain, length), so names of any length are told apart and no state equals a stream's own words.
   * @example key.split("layer").split(3)
   */
  split(name: string | number): Key {
    const text = String(name);
    const state = new Int32Array(2);
    fillBlocks(state, this.low, this.high, text.length, SPLIT_DOMAIN);
    for (let i = 0; i < text.length; i += 4) {
      const m0 = unitAt(text, i) | (unitAt(text, i + 1) << 16);
      const m1 = unitAt(text, i + 2) | (unitAt(text, i + 3) << 16);
      fillBlocks(state, state[0]!, state[1]!, m0, m1);
      state[0]! ^= m0;
      state[1]! ^= m1;
    }
    return new Key(state[1]!, state[0]!);
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex8(this.high) + hex8(this.low);
  }

  toJSON(): string {
    return this.toString();
  }
}

function unitAt(text: string, i: number): number {
  return i < text.length ? text.charCodeAt(i) : 0;
}

function hex8(word: number): string {
  return word.toString(16).padStart(8, "0");
}
