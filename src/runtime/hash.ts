/**
 * @file A 128-bit content hash (MurmurHash3's mixing in four 32-bit lanes) for graphs and constants. Not cryptographic: it
 * tells equal programs apart from different ones; in plain TypeScript because it also runs in a page.
 */
import type { NdArray } from "../tensor/index.ts";

const primes = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;

function finalMix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Collects words, text and arrays; `digest` gives 32 hexadecimal digits. */
export class Hasher {
  readonly #lanes = new Uint32Array(primes);
  #count = 0;

  word(value: number): this {
    const lane = this.#count++ & 3;
    let k = Math.imul(value, primes[lane]!);
    k = (k << 15) | (k >>> 17);
    let h = this.#lanes[lane]! ^ Math.imul(k, primes[(lane + 1) & 3]!);
    h = (h << 13) | (h >>> 19);
    this.#lanes[lane] = Math.imul(h, 5) + 0xe6546b64 + this.#lanes[(lane + 3) & 3]!;
    return this;
  }

  text(value: string): this {
    this.word(value.length);
    for (let i = 0; i < value.length; i++) this.word(value.charCodeAt(i));
    return this;
  }

  /** The bytes, dtype and shape of an array. */
  array({ dtype, shape, data }: NdArray): this {
    this.text(`${dtype}:${shape.join(",")}`);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
    for (let i = 0; i < words.length; i++) this.word(words[i]!);
    for (let i = words.length << 2; i < bytes.length; i++) this.word(bytes[i]!);
    return this;
  }

  digest(): string {
    const lanes = [...this.#lanes];
    lanes[0] = lanes[0]! ^ this.#count;
    for (let round = 0; round < 2; round++) {
      for (let lane = 0; lane < 4; lane++) {
        lanes[lane] = finalMix(lanes[lane]! + Math.imul(lanes[(lane + 3) & 3]!, 0x9e3779b1));
      }
    }
    return lanes.map((lane) => lane.toString(16).padStart(8, "0")).join("");
  }
}
