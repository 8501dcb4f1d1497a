/** @file What is refused or remarked before a kernel is computed (kernels.md §1, §2.1, §13). */
import { describe, expect, it } from "vitest";
import { checkRequirements } from "../../src/kernels/requirements.ts";
import { buildModel, covarianceProgram, type Net } from "../../src/net/index.ts";
import { FathomError } from "../../src/tensor/index.ts";
import { type Layer, netOf } from "./networks.ts";

const dense: Layer = { kind: "dense", width: 4, sw2: 2, sb2: 0.1 };
const relu: Layer = { kind: "activation", activation: "relu" };
const onVector = (...layers: readonly Layer[]) => netOf("vector", [4], ...layers);
const sum = (...branches: readonly (readonly Layer[])[]): Layer => ({ kind: "sum", branches });

function check(net: Net, options: Partial<Parameters<typeof checkRequirements>[2]> = {}): string[] {
  const model = buildModel(net);
  return checkRequirements(model, covarianceProgram(model), { values: ["nngp", "ntk"], ...options });
}

function refusal(net: Net, options: Parameters<typeof check>[1] = {}): FathomError {
  try {
    check(net, options);
  } catch (error) {
    if (error instanceof FathomError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("activations need Gaussian inputs", () => {
  it.each([
    ["raw inputs", onVector(relu, dense), 0],
    ["another activation", onVector(dense, relu, relu, dense), 2],
    [
      "flattened positions",
      netOf("image", [1, 2, 2], { kind: "conv", channels: 4, kernel: 1 }, { kind: "flatten" }, relu, dense),
      2,
    ],
    [
      "a concatenation",
      onVector(dense, { kind: "concat", branches: [[dense], [dense, relu, dense]] }, relu, dense),
      2,
    ],
    ["a product", onVector(dense, { kind: "product", branches: [[dense], [dense]] }, relu, dense), 2],
  ])("not %s", (_, net, layer) => {
    expect(refusal(net)).toMatchObject({
      code: "unsupported",
      where: `layers[${layer}]`,
      message: expect.stringMatching(/\(activation\) acts on units that are not Gaussian/),
    });
  });

  it("which sums of Gaussians, normalised ones, pools and linear activations are", () => {
    const block: Layer = { kind: "residual", branch: [{ kind: "layerNorm" }, relu, dense] };
    expect(
      check(onVector(dense, block, relu, dense, { kind: "activation", activation: "linear" }, relu, dense)),
    ).toEqual([]);
    const conv: Layer = { kind: "conv", channels: 4, kernel: 3 };
    expect(check(netOf("image", [1, 6, 6], conv, { kind: "avgPool", window: 2 }, relu, conv))).toEqual([]);
  });
});

describe("branches must be independent", () => {
  it.each([
    ["two identities", onVector(dense, sum([], []), dense)],
    [
      "a skip beside a branch without parameters",
      onVector(dense, { kind: "residual", branch: [relu] }, dense),
    ],
    ["a product with itself", onVector(dense, { kind: "product", branches: [[], [relu]] }, dense)],
  ])("not %s", (_, net) => {
    expect(refusal(net, { allowNonGaussianSum: true })).toMatchObject({
      code: "unsupported",
      where: "layers[1]",
      message: expect.stringMatching(/branches without parameters/),
    });
  });
});

describe("sums of which a part is not Gaussian", () => {
  // The Residual CNN GP as published: post-ReLU branches are summed (kernels.md §6.1).
  const block: Layer = { kind: "residual", branch: [dense, relu] };
  const published = onVector(dense, block, block, dense);

  it("are refused where two of them have means, and allowed on request as a valid kernel without a network", () => {
    expect(refusal(published)).toMatchObject({ code: "unsupported", where: "layers[2]" });
    expect(refusal(published).hint).toMatch(/allowNonGaussianSum/);
    expect(check(published, { allowNonGaussianSum: true })).toEqual([
      expect.stringMatching(/layers\[2\] \(residual\) adds branches .* valid kernel, no network/),
    ]);
  });

  it("are exact before a dense layer when one has a mean, or all are odd", () => {
    expect(check(onVector(dense, block, dense))).toEqual([]);
    const tanh: Layer = { kind: "activation", activation: "tanh" };
    expect(check(onVector(dense, sum([dense, tanh], [dense, tanh]), dense))).toEqual([]);
  });

  it("are refused before an activation", () => {
    const net = onVector(dense, block, relu, dense);
    expect(refusal(net).message).toMatch(/layers\[2\] \(activation\) acts on a sum/);
    expect(check(net, { allowNonGaussianSum: true })[0]).toMatch(/valid kernel, no network/);
  });
});

describe("remarks", () => {
  it("say that outputs are not Gaussian", () => {
    expect(check(onVector(dense, relu))).toEqual([expect.stringMatching(/layers\[1\] \(activation\) ends/)]);
  });

  it("say that what a single trained factor adds to Θ stays random", () => {
    const net = onVector(dense, relu, { kind: "gain" }, dense);
    expect(check(net)).toEqual([expect.stringMatching(/layers\[2\] \(gain\) is one number/)]);
    expect(check(net, { values: ["nngp"] })).toEqual([]);
  });

  it("say that a kernel belongs to no network", () => {
    const net = onVector(dense, { kind: "activation", activation: "expNormalized" }, dense);
    expect(check(net)).toEqual([expect.stringMatching(/kernel only: valid kernel, no network/)]);
  });
});

it("shared parameters have an nngp kernel where they are constants, and no tangent kernel", () => {
  const gain = (parameters: Layer = {}): Layer => ({ kind: "gain", parameters });
  const net = onVector(dense, relu, gain(), dense, relu, gain({ gain: { shareWith: "2.gain" } }), dense);
  expect(refusal(net)).toMatchObject({ code: "unsupported", where: "layers[5].parameters.gain" });
  expect(check(net, { values: ["nngp"] })).toEqual([]);
});

it("sinusoids are not added to raw inputs", () => {
  const net = netOf("tokens", [3, 2], { kind: "positional", encoding: "sinusoidal" }, dense);
  expect(refusal(net)).toMatchObject({ where: "layers[0]", message: expect.stringMatching(/mean is not 0/) });
});
