/**
 * @file Rows with LayerNorm against sampled networks in plain TypeScript: the only check that does not share a formula with
 * the code under test. The Jacobian of the network is exact, rank-one terms of LayerNorm included.
 */
import { describe, expect, it } from "vitest";
import { Key, normal, rademacher } from "../../src/tensor/index.ts";
import {
  meanEstimate,
  type Norm,
  propagateUniform,
  scalarActivation,
  type UniformLayer,
} from "../../src/theory/index.ts";

const WIDTH = 160;
const DEPTH = 8;
const NETS = 40;
const PROBES = 3;
const K1 = 1.4;

/** A signal and its tangents. */
interface Dual {
  readonly value: Float64Array;
  readonly tangents: readonly Float64Array[];
}

const gelu = scalarActivation("gelu");

function activate({ value, tangents }: Dual): Dual {
  return {
    value: value.map(gelu.f),
    tangents: tangents.map((t) => t.map((dh, i) => gelu.df(value[i]!) * dh)),
  };
}

function normalise({ value, tangents }: Dual): Dual {
  const centre = (v: Float64Array) => v.map((x) => x - v.reduce((a, b) => a + b, 0) / v.length);
  const dot = (u: Float64Array, v: Float64Array) => u.reduce((sum, x, i) => sum + x * v[i]!, 0) / u.length;
  const centred = centre(value);
  const s = Math.sqrt(dot(centred, centred));
  return {
    value: centred.map((x) => x / s),
    tangents: tangents.map(centre).map((t) => {
      const ds = dot(centred, t) / s;
      return t.map((dx, i) => dx / s - (centred[i]! * ds) / (s * s));
    }),
  };
}

function dense({ value, tangents }: Dual, key: Key, { sw2, sb2 }: UniformLayer): Dual {
  const W = normal(key.split("W"), "float64", [WIDTH, WIDTH], { std: Math.sqrt(sw2 / WIDTH) }).data;
  const b = normal(key.split("b"), "float64", [WIDTH], { std: Math.sqrt(sb2) }).data;
  const times = (v: Float64Array) =>
    Float64Array.from({ length: WIDTH }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < WIDTH; j++) sum += W[i * WIDTH + j]! * v[j]!;
      return sum;
    });
  return { value: times(value).map((x, i) => x + b[i]!), tangents: tangents.map(times) };
}

function skip(branch: Dual, { value, tangents }: Dual, mu: number): Dual {
  const add = (u: Float64Array, v: Float64Array) => u.map((x, i) => x + mu * v[i]!);
  return { value: add(branch.value, value), tangents: branch.tangents.map((t, p) => add(t, tangents[p]!)) };
}

const branches: Readonly<Partial<Record<Norm, (h: Dual, key: Key, layer: UniformLayer) => Dual>>> = {
  "ln-pre": (h, key, layer) => dense(activate(normalise(h)), key, layer),
  "ln-act": (h, key, layer) => dense(normalise(activate(h)), key, layer),
  "ln-block": (h, key, layer) =>
    dense(activate(dense(normalise(h), key.split("inner"), layer)), key.split("outer"), layer),
};

/** K and J(1, L) of one sampled network. */
function sample(layer: UniformLayer, key: Key): { readonly K: number; readonly J: number } {
  const branch = branches[layer.norm!]!;
  let h: Dual = {
    value: normal(key.split("input"), "float64", [WIDTH], { std: Math.sqrt(K1) }).data,
    tangents: Array.from(
      { length: PROBES },
      (_, p) => rademacher(key.split(`probe${p}`), "float64", [WIDTH]).data,
    ),
  };
  for (let l = 1; l < DEPTH; l++) h = skip(branch(h, key.split(l), layer), h, layer.mu ?? 0);
  const square = (v: Float64Array) => v.reduce((sum, x) => sum + x * x, 0) / WIDTH;
  return { K: square(h.value), J: h.tangents.reduce((sum, t) => sum + square(t), 0) / PROBES };
}

describe("sampled networks", () => {
  for (const norm of ["ln-pre", "ln-act", "ln-block"] as const) {
    for (const mu of [0, 0.7, 1]) {
      it(`${norm} with mu = ${mu}: K and J are the theory's, and not those of sw2 × 1.3`, () => {
        const layer = { activation: gelu, sw2: 1.5, sb2: 0.2, norm, mu };
        const key = Key.fromSeed(11).split(`${norm}${mu}`);
        const samples = Array.from({ length: NETS }, (_, i) => sample(layer, key.split(i)));
        const theory = propagateUniform(layer, { K1, depth: DEPTH }).at(-1)!;
        const other = propagateUniform({ ...layer, sw2: 1.3 * layer.sw2 }, { K1, depth: DEPTH }).at(-1)!;
        const K = meanEstimate(samples.map((s) => s.K));
        const J = meanEstimate(samples.map((s) => s.J));
        // Four standard errors, and a finite-width bias of a quarter of the 3 L/N that criticality.md §6 allows.
        const bias = (3 * DEPTH) / WIDTH / 4;
        const away = ({ value, se }: typeof K, reference: number) =>
          Math.abs(value - reference) / (4 * se! + bias * reference);
        expect(away(K, theory.K)).toBeLessThan(1);
        expect(away(J, Math.exp(theory.logJ))).toBeLessThan(1);
        expect(Math.max(away(K, other.K), away(J, Math.exp(other.logJ)))).toBeGreaterThan(1);
      });
    }
  }
});
