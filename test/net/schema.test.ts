/** @file The JSON Schema accepts what the parser accepts and refuses what a schema can express. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { netSchema, parseNet } from "../../src/net/index.ts";

const schema = z.fromJSONSchema(netSchema() as Parameters<typeof z.fromJSONSchema>[0]);
const accepts = (json: unknown) => schema.safeParse(json).success;
const folder = new URL("../../examples/", import.meta.url);
const examples = readdirSync(folder).filter((name) => name.endsWith(".json"));
const net = (...layers: unknown[]) => ({ fathom: 1, layers });

describe("the JSON Schema of networks", () => {
  it.each(examples)("accepts %s, as the parser does", (name) => {
    const json: unknown = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
    expect(accepts(json)).toBe(true);
    expect(() => parseNet(json)).not.toThrow();
  });

  it("accepts both forms of an activation", () => {
    expect(accepts(net({ kind: "activation", activation: "leakyRelu(0.1)" }))).toBe(true);
    expect(accepts(net({ kind: "activation", activation: { kind: "leakyRelu", alpha: 0.1 } }))).toBe(true);
  });

  it.each([
    net({ kind: "dnse", width: 3 }),
    net({ kind: "dense", widht: 3 }),
    net({ kind: "dense", width: 0 }),
    net({ kind: "dense", width: 3, sw2: -1 }),
    net({ kind: "residual", branch: [{ kind: "dense", width: 0.5 }] }),
    net({ kind: "residual", branch: [] }),
    net({ kind: "repeat", times: 0, layers: [{ kind: "dense", width: 3 }] }),
    net({ kind: "activation", activation: "tahn" }),
    net({ kind: "activation", activation: { kind: "tanh", alpha: 1 } }),
    net(),
    { layers: [{ kind: "dense", width: 3 }] },
    { ...net({ kind: "dense", width: 3 }), init: "orthogonal" },
    { ...net({ kind: "dense", width: 3 }), input: { kind: "img", shape: [3] } },
  ])("refuses %j", (json) => {
    expect(accepts(json)).toBe(false);
  });

  it("describes its options", () => {
    expect(JSON.stringify(netSchema())).toContain("weight variance σw²");
  });
});
