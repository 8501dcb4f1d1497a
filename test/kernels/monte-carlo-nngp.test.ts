/**
 * @file The kernel of every layer against sampled networks. Units of a layer behind one hidden layer have exactly the limit's
 * second moment; behind two, finite width w shifts it by about 1/w of it, below the standard errors here (1 to 3 %).
 */
import { describe, expect, it } from "vitest";
import { pairsOf, randomItems, sampledNngp } from "./monte-carlo.ts";
import { layerCases } from "./monte-carlo-cases.ts";
import { kernelsOf, netOf } from "./networks.ts";

const [width, seeds, count] = [96, 24, 3];

describe("sampled networks have the kernel of the engine", () => {
  it.each(layerCases)("$name", async ({ input: [kind, shape], layers }) => {
    const net = netOf(kind, shape, ...layers(width));
    const items = randomItems(net, count);
    const { nngp } = kernelsOf(net, items.data, count);
    const sampled = await sampledNngp(net, items, { seeds });
    for (const [k, [i, j]] of pairsOf(count).entries()) {
      const { value, se } = sampled[k]!;
      expect(Math.abs(value - nngp[i * count + j]!) / se!, `pair ${i}, ${j}`).toBeLessThan(4);
      expect(se! / Math.sqrt(nngp[i * (count + 1)]! * nngp[j * (count + 1)]!)).toBeLessThan(0.1);
    }
  });
});
