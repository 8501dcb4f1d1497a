/**
 * @file Threefry-2x32-20 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"):
 * a keyed bijection of 64-bit counters. Block b of a key is a pure function of (key, b), so any piece of a
 * stream can be made anywhere, in any order. Rounds are unrolled: this loop is under every draw of `random.ts`.
 */

/** Skein's parity constant, folded into the third key word. */
const PARITY = 0x1bd11bda;

/**
 * Writes consecutive cipher blocks: words 2j and 2j + 1 of `out` are the block of counter (c1, c0) + j.
 * @param out Even length; each word is a uniform 32-bit integer, read as signed.
 * @param k0 First (low) key word. @param k1 Second (high) key word.
 * @param c0 Low word of the first counter. @param c1 High word of the first counter.
 * @example
 * const out = new Int32Array(2);
 * fillBlocks(out, 0, 0, 0, 0); // 6b200159 99ba4efe
 */
export function fillBlocks(out: Int32Array, k0: number, k1: number, c0: number, c1: number): void {
  const ks0 = k0 | 0;
  const ks1 = k1 | 0;
  const ks2 = PARITY ^ ks0 ^ ks1;
  let low = c0 | 0;
  let high = c1 | 0;
  for (let i = 0; i < out.length; i += 2) {
    let a = (low + ks0) | 0;
    let b = (high + ks1) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + ks1) | 0;
    b = (b + ks2 + 1) | 0;
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + ks2) | 0;
    b = (b + ks0 + 2) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + ks0) | 0;
    b = (b + ks1 + 3) | 0;
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + ks1) | 0;
    b = (b + ks2 + 4) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    out[i] = (a + ks2) | 0;
    out[i + 1] = (b + ks0 + 5) | 0;
    low = (low + 1) | 0;
    if (low === 0) high = (high + 1) | 0;
  }
}
