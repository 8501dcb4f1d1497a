/** @file Variances are replaced in every dense layer, with exceptions for the first and the last. */
import { expect, it } from "vitest";
import { type LayerSpec, parseNetText, withVariances, withVariancesAt } from "../../src/net/index.ts";
import { refusal } from "../refusal.ts";

function variances(layers: readonly LayerSpec[]): number[][] {
  return layers.flatMap((layer) => {
    if (layer.kind === "dense") return [[layer.sw2, layer.sb2]];
    return layer.kind === "residual" ? variances(layer.branch) : [];
  });
}
const net = parseNetText("mlp:depth=3,width=8,norm=ln-pre,mu=1,sw2=4,sb2=3,in=5");

it("all dense layers, those in branches too", () => {
  const edited = withVariances(net, { sw2: 1.5, sb2: 0.5 });
  expect(variances(edited.layers)).toEqual([
    [1.5, 0.5],
    [1.5, 0.5],
    [1.5, 0.5],
    [1.5, 0.5],
  ]);
  expect(variances(net.layers)).toEqual([
    [4, 3],
    [4, 3],
    [4, 3],
    [4, 3],
  ]);
});

it("the first and the readout keep variances of their own", () => {
  const first = { sw2: 9, sb2: 0.5 };
  const readout = { sw2: 1, sb2: 0 };
  const edited = withVariances(net, { sw2: 1.5, sb2: 0.5, first, readout });
  expect(variances(edited.layers)).toEqual([
    [9, 0.5],
    [1.5, 0.5],
    [1.5, 0.5],
    [1, 0],
  ]);
});

it("a single dense layer is the first, and the readout where nothing is said of the first", () => {
  const [readout, first] = [
    { sw2: 7, sb2: 3 },
    { sw2: 9, sb2: 1 },
  ];
  const single = parseNetText("mlp:depth=0,in=4");
  expect(variances(withVariances(single, { sw2: 1, sb2: 0, readout }).layers)).toEqual([[7, 3]]);
  expect(variances(withVariances(single, { sw2: 1, sb2: 0, readout, first }).layers)).toEqual([[9, 1]]);
});

it("what is no variance is refused, with a layer that would hold it", () => {
  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(refusal(() => withVariances(net, { sw2: bad, sb2: 0 }))).toMatchObject({
      code: "bad-input",
      where: "layers[0].sw2",
    });
    const first = { sw2: 1, sb2: bad };
    expect(refusal(() => withVariances(net, { sw2: 1, sb2: 0, first })).where).toBe("layers[0].sb2");
  }
});

it("everything else stays", () => {
  expect(withVariances(net, { sw2: 4, sb2: 3 })).toEqual(net);
});

it("one layer by its path, inside a branch too", () => {
  const edited = withVariancesAt(net, { "0": { sw2: 9, sb2: 0 }, "2.branch.2": { sw2: 0.5, sb2: 0.25 } });
  expect(variances(edited.layers)).toEqual([
    [9, 0],
    [4, 3],
    [0.5, 0.25],
    [4, 3],
  ]);
  const error = refusal(() => withVariancesAt(net, { "1.branch.0": { sw2: 1, sb2: 0 } }));
  expect(error).toMatchObject({ code: "not-found", where: "1.branch.0" });
});
