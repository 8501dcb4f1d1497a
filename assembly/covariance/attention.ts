/**
 * @file Self-attention between segments (kernels.md §2.2): K' = G K G'ᵀ on stacks of all displacements. G, the softmax over
 * keys of query·K(x, x) or a function of each of these numbers, is what is kept of an item: tokens × tokens slots.
 */
import { lists, maps, real, scratch, slotsOfA, slotsOfB, word } from "./layout";
import { SELF } from "./modes";
import { exponential, positive } from "./forms-math";
import { madd } from "../simd";

/** Weights of keys, word 12 of a record: softmax otherwise. src/kernels/compile/encode.ts has the same list. */
const IDENTITY = 1;
const RELU = 2;
const ABS = 3;

/** Address of the entry of positions p, q: word p·tokens + q of a list of places. */
@inline
function entry(places: usize, i: i32): usize {
  return maps + <usize>word(places, i);
}

/** Softmax over keys; `causal` rows have keys up to the query. Word 8 is the query's factor in the scale of the map. */
function softmax(record: usize, tokens: i32, causal: bool): void {
  const places = lists + <usize>word(record, 10), query = real(record, 8);
  let out = slotsOfB(record);
  for (let p = 0; p < tokens; ++p) {
    const keys = causal ? p + 1 : tokens, row = p * tokens;
    let largest = f32x4.mul(query, v128.load(entry(places, row)));
    for (let q = 1; q < keys; ++q) largest = f32x4.max(largest, f32x4.mul(query, v128.load(entry(places, row + q))));
    let sum = f32x4.splat(0);
    for (let q = 0; q < keys; ++q) {
      const value = exponential(f32x4.sub(f32x4.mul(query, v128.load(entry(places, row + q))), largest));
      v128.store(out + (<usize>q << 4), value);
      sum = f32x4.add(sum, value);
    }
    for (let q = 0; q < tokens; ++q) {
      const at = out + (<usize>q << 4);
      v128.store(at, q < keys ? f32x4.div(v128.load(at), sum) : f32x4.splat(0));
    }
    out += <usize>tokens << 4;
  }
}

/** G = ζ(query·K) entry by entry; 0 for keys after the query where `causal`. */
function elementwise(record: usize, tokens: i32, causal: bool, zeta: i32): void {
  const places = lists + <usize>word(record, 10), query = real(record, 8);
  let out = slotsOfB(record);
  for (let p = 0; p < tokens; ++p) {
    for (let q = 0; q < tokens; ++q) {
      let value = f32x4.splat(0);
      if (!causal || q <= p) {
        value = f32x4.mul(query, v128.load(entry(places, p * tokens + q)));
        if (zeta == RELU) value = positive(value);
        else if (zeta == ABS) value = f32x4.abs(value);
      }
      v128.store(out, value);
      out += 16;
    }
  }
}

/**
 * Words: 7 tokens, 8 query, 9 causal, 10 and 11 lists of places before and after (−1: not wanted), 12 weights, 21 slots, 23 whether K.
 */
@inline
function apply(lanes: bool, record: usize, tokens: i32): void {
  const places = lists + <usize>word(record, 10), results = lists + <usize>word(record, 11);
  const a = slotsOfA(record, lanes), b = slotsOfB(record), aBytes: usize = lanes ? 16 : 4;
  for (let p = 0; p < tokens; ++p) {
    // A row of G K, then of G K G'ᵀ.
    for (let q = 0; q < tokens; ++q) {
      let sum = f32x4.splat(0);
      let g = a + <usize>(p * tokens) * aBytes;
      for (let k = 0; k < tokens; ++k) {
        sum = madd(lanes ? v128.load(g) : v128.load32_splat(g), v128.load(entry(places, k * tokens + q)), sum);
        g += aBytes;
      }
      v128.store(scratch + (<usize>q << 4), sum);
    }
    for (let q = 0; q < tokens; ++q) {
      if (word(results, p * tokens + q) < 0) continue;
      let sum = f32x4.splat(0);
      for (let k = 0; k < tokens; ++k) {
        sum = madd(v128.load(b + (<usize>(q * tokens + k) << 4)), v128.load(scratch + (<usize>k << 4)), sum);
      }
      v128.store(entry(results, p * tokens + q), sum);
    }
  }
}

export function attend(record: usize, mode: i32): void {
  const tokens = word(record, 7), weights = word(record, 12), causal = word(record, 9) != 0;
  if (mode == SELF && word(record, 23) != 0) {
    if (weights >= IDENTITY) elementwise(record, tokens, causal, weights);
    else softmax(record, tokens, causal);
  }
  if (mode == SELF) apply(true, record, tokens);
  else apply(false, record, tokens);
}
