/** @file Kernels by Monte Carlo over finite networks meet those of infinite width, within their errors. */
import { describe, expect, it } from "vitest";
import { type MonteCarloKernel, monteCarloKernel } from "../../src/kernels/empirical/index.ts";
import { type Net, parseNet } from "../../src/net/index.ts";
import { Key, ndarray } from "../../src/tensor/index.ts";
import { kernelsOf, netOf } from "./networks.ts";

const relu = { kind: "activation", activation: "relu" };
const dense = (width: number) => ({ kind: "dense", width, sw2: 2, sb2: 0.1 });
const x1 = ndarray("float64", [3, 4], [1, 0, 0.5, -1, 0.2, 0.9, -0.4, 0.3, -1, 1, 0, 0.5]);

async function all(settings: Parameters<typeof monteCarloKernel>[0]): Promise<MonteCarloKernel[]> {
  const results: MonteCarloKernel[] = [];
  for await (const result of monteCarloKernel(settings)) results.push(result);
  return results;
}

const ntkNet = (net: Net): Net => parseNet({ ...net, parameterisation: "ntk" });

describe("kernels by Monte Carlo", () => {
  // Kernels of finite networks are off by O(1/width): 0.5 % at width 192, a third of the errors at 60 networks.
  const cases = {
    "fully connected": [netOf("vector", [4], dense(192), relu, dense(192), relu, dense(8)), x1],
    "convolution and pool": [
      netOf(
        "image",
        [1, 2, 2],
        { kind: "conv", channels: 192, kernel: 3, padding: "same", sw2: 2 },
        relu,
        { kind: "globalAvgPool" },
        dense(8),
      ),
      ndarray("float64", [3, 1, 2, 2], x1.data),
    ],
  } as const;

  it.each(Object.keys(cases) as (keyof typeof cases)[])(
    "are the infinite-width kernels within 4 standard errors: %s",
    async (name) => {
      const [net, items] = cases[name];
      const settings = { net: ntkNet(net), key: Key.fromSeed(11), x1: items, at: [60] };
      const [result] = await all({ ...settings, get: ["nngp", "ntk"] });
      const exact = kernelsOf(net, items.data as Float64Array, 3);
      for (const kernel of ["nngp", "ntk"] as const) {
        const { mean, se } = result![kernel]!;
        mean.data.forEach((value, i) => {
          expect(Math.abs(value - exact[kernel][i]!)).toBeLessThan(4 * se!.data[i]!);
          expect(se!.data[i]!).toBeLessThan(0.15 * Math.max(exact[kernel][0]!, exact[kernel][8]!));
        });
      }
    },
  );

  it("are given at every number of networks asked for, with errors that shrink as its root", async () => {
    const net = netOf("vector", [4], dense(16), relu, dense(4));
    const results = await all({ net, key: Key.fromSeed(2), x1, at: [1, 50, 800] });
    expect(results.map(({ samples }) => samples)).toEqual([1, 50, 800]);
    expect(results[0]!.nngp!.se).toBeUndefined();
    const [few, many] = results.slice(1).map(({ nngp }) => nngp!.se!.data[0]!);
    expect(few! / many!).toBeGreaterThan(2.5);
    expect(few! / many!).toBeLessThan(6.5);
    expect(results[2]!.ntk).toBeUndefined();
  });

  it("come from wider networks where asked", async () => {
    const net = netOf("vector", [4], dense(4), relu, dense(4));
    const spread = async (widthFactor: number) => {
      const settings = { net: ntkNet(net), key: Key.fromSeed(2), x1, at: [40], widthFactor };
      return (await all({ ...settings, get: ["ntk"] }))[0]!.ntk!.se!.data[0]!;
    };
    expect(await spread(64)).toBeLessThan((await spread(1)) / 3);
  });

  it("are refused for numbers that do not ascend, and unknown kernels", async () => {
    const net = netOf("vector", [4], dense(4));
    const settings = { net, key: Key.fromSeed(0), x1 };
    await expect(all({ ...settings, at: [5, 5] })).rejects.toMatchObject({ where: "at" });
    await expect(all({ ...settings, at: [] })).rejects.toMatchObject({ where: "at" });
    await expect(all({ ...settings, at: [1], get: ["gp" as "ntk"] })).rejects.toMatchObject({ where: "get" });
  });
});
