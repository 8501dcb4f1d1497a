/** @file A phase diagram of 101 × 101 cells by theory, for an integrated activation and for closed forms. */
import { phaseDiagram, scalarActivation } from "../src/theory/index.ts";
import { type Bench, minimum, timed } from "./bench.ts";

const cells = 101;
const axis = (from: number, to: number) =>
  Array.from({ length: cells }, (_, i) => from + ((to - from) * i) / (cells - 1));
const grid = { sw2: axis(0.1, 4), sb2: axis(0, 2) };
const closed = ["erf", "relu", "gelu", "sin", "hardtanh"] as const;

export const bench: Bench = {
  title: "Phase diagram of tanh, 101 × 101 cells, theory alone",
  bar: "below 2000 ms for tanh, below 1000 ms for each closed form",
  measure: async ({ runs }) => {
    const draw = (kind: string) => async () => phaseDiagram({ activation: scalarActivation(kind), ...grid });
    const times = await timed(draw("tanh"), runs);
    const notes: Record<string, number> = {};
    for (const kind of closed) notes[`${kind}, ms at best`] = minimum(await timed(draw(kind), 3));
    return { times, notes };
  },
};
