/**
 * @file The kernel of every layer against sampled networks. Units of a layer behind one hidden layer have exactly the limit's
 * second moment; behind two, finite width w shifts it by about 1/w of it, below the standard errors here (1 to 3 % for most layers).
 */
import { describe, expect, it } from "vitest";
import { pairsOf, randomItems, sampledNngp } from "./monte-carlo.ts";
import { layerCases } from "./monte-carlo-cases.ts";
import { kernelsOf, netOf } from "./networks.ts";

const [width, seeds, count] = [96, 40, 3];

describe("sampled networks have the kernel of the engine", () => {
  it.each(layerCases)("$name", async ({ input: [kind, shape], layers }) => {
    const net = netOf(kind, shape, ...layers(width));
    const items = randomItems(net, count);
    const { nngp } = kernelsOf(net, items.data, count);
    const sampled = await sampledNngp(net, items, { seeds });
    for (const [k, [i, j]] of pairsOf(count).entries()) {
      const { value, se } = sampled[k]!;
      expect(Math.abs(value - nngp[i * count + j]!) / se!, `pair ${i}, ${j}`).toBeLessThan(4);
      expect(se! / Math.sqrt(nngp[i * (count + 1)]! * nngp[j * (count + 1)]!)).toBeLessThan(0.08);
    }
  });
});

describe("dropout in training", () => {
  it("adds to the kernel of an item with itself, position by position, and to nothing else", async () => {
    const conv = { kind: "conv", channels: width, kernel: 3, sw2: 1.7, sb2: 0.2 };
    const dropout = { kind: "dropout", rate: 0.4 };
    const layers = [conv, { kind: "activation", activation: "relu" }, dropout, { kind: "globalAvgPool" }];
    const net = netOf("signal", [2, 5], ...layers);
    const items = randomItems(net, count);
    const { nngp } = kernelsOf(net, items.data, count, { mode: "training" });
    const inference = kernelsOf(net, items.data, count).nngp;
    const sampled = await sampledNngp(net, items, { seeds: 150, mode: "training" });
    for (const [k, [i, j]] of pairsOf(count).entries()) {
      const entry = i * count + j;
      expect(Math.abs(sampled[k]!.value - nngp[entry]!) / sampled[k]!.se!).toBeLessThan(4);
      if (i !== j) expect(nngp[entry]).toBe(inference[entry]);
      else expect(Math.abs(sampled[k]!.value - inference[entry]!) / sampled[k]!.se!).toBeGreaterThan(4);
    }
  });
});
