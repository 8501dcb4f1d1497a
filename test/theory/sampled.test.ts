/**
 * @file Rows with LayerNorm against sampled networks in plain TypeScript: the only check that does not share a formula with
 * the code under test. The Jacobian of the network is exact, rank-one terms of LayerNorm included.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { Key, normal, rademacher } from "../../src/tensor/index.ts";
import { meanEstimate, propagateUniform, scalarActivation } from "../../src/theory/index.ts";

const WIDTH = 160;
const DEPTH = 8;
const NETS = 40;
const PROBES = 3;
const K1 = 1.4;
const SW2 = 1.5;
const SB2 = 0.2;

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

interface Affine {
  readonly W: Float64Array;
  readonly b: Float64Array;
}

function drawn(key: Key): Affine {
  return {
    W: normal(key.split("W"), "float64", [WIDTH, WIDTH], { std: Math.sqrt(SW2 / WIDTH) }).data,
    b: normal(key.split("b"), "float64", [WIDTH], { std: Math.sqrt(SB2) }).data,
  };
}

function dense({ value, tangents }: Dual, { W, b }: Affine): Dual {
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

type Row = "ln-pre" | "ln-act" | "ln-block";

const branches: Readonly<Record<Row, (h: Dual, inner: Affine, outer: Affine) => Dual>> = {
  "ln-pre": (h, inner) => dense(activate(normalise(h)), inner),
  "ln-act": (h, inner) => dense(normalise(activate(h)), inner),
  "ln-block": (h, inner, outer) => dense(activate(dense(normalise(h), inner)), outer),
};

interface Sample {
  readonly K: number;
  readonly J: number;
}

const strengths = [0, 0.7, 1];

/** K and J(1, L) of one sampled network for every row and strength of the skip, all with the same weights. */
function sample(key: Key): Map<string, Sample> {
  const start: Dual = {
    value: normal(key.split("input"), "float64", [WIDTH], { std: Math.sqrt(K1) }).data,
    tangents: Array.from(
      { length: PROBES },
      (_, p) => rademacher(key.split(`probe${p}`), "float64", [WIDTH]).data,
    ),
  };
  const cases = (Object.keys(branches) as Row[]).flatMap((row) => strengths.map((mu) => ({ row, mu })));
  let states = cases.map(() => start);
  for (let l = 1; l < DEPTH; l++) {
    const [inner, outer] = [drawn(key.split(l).split("inner")), drawn(key.split(l).split("outer"))];
    states = states.map((h, i) => skip(branches[cases[i]!.row](h, inner, outer), h, cases[i]!.mu));
  }
  const square = (v: Float64Array) => v.reduce((sum, x) => sum + x * x, 0) / WIDTH;
  return new Map(
    states.map(({ value, tangents }, i) => [
      `${cases[i]!.row} ${cases[i]!.mu}`,
      { K: square(value), J: tangents.reduce((sum, t) => sum + square(t), 0) / PROBES },
    ]),
  );
}

describe("sampled networks", () => {
  let nets: Map<string, Sample>[];

  beforeAll(() => {
    const key = Key.fromSeed(11);
    nets = Array.from({ length: NETS }, (_, i) => sample(key.split(i)));
  });

  for (const norm of Object.keys(branches) as Row[]) {
    for (const mu of strengths) {
      it(`${norm} with mu = ${mu}: K and J are the theory's, and not those of sw2 × 1.3`, () => {
        const layer = { activation: gelu, sw2: SW2, sb2: SB2, norm, mu };
        const samples = nets.map((net) => net.get(`${norm} ${mu}`)!);
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
