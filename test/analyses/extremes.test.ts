/** @file Depth 2,000 far in chaos and far in order: logarithms, exponents or the word dead, and never NaN or Infinity. */
import { describe, expect, it } from "vitest";
import { criticality } from "../../src/analyses/index.ts";
import { parseNetText } from "../../src/net/index.ts";
import { reportHtml, terminalSummary } from "../../src/report/index.ts";
import { nonFinite } from "./non-finite.ts";

/** What a reader sees of a page: without styles, scripts and tags' own names. */
function visible(html: string): string {
  return html.replace(/<style[\s\S]*?<\/style>|<script[\s\S]*?<\/script>/g, "");
}

const cases = [
  "activation=relu,sw2=100",
  "activation=relu,sw2=0.01",
  "activation=relu,sw2=1e300",
  "activation=tanh,sw2=1e-300",
  "activation=tanh,sw2=1e6,mu=1",
  "activation=gelu,sw2=30",
  "activation=gelu,sw2=0",
  "activation=erf,sw2=1e300,norm=ln-pre,mu=0.5",
  "activation=relu,sw2=1e300,norm=ln-act,mu=0.5",
  "activation=gelu,sw2=1e300,norm=ln-block,mu=1",
  "activation=relu,sw2=0,norm=batchnorm",
  "activation=exp,sw2=0,sb2=1e300",
  "activation=sign,sw2=3,norm=ln-skip,mu=0.9",
];

describe("at depth 2000", () => {
  it.each(cases)("%s is told in numbers and words", async (options) => {
    const net = parseNetText(`mlp:depth=2000,width=8,in=8,${options}`);
    const { json, document } = await criticality({ net, seed: 0, command: "" });
    expect(nonFinite(json)).toEqual([]);
    const said = `${visible(reportHtml(document))}\n${terminalSummary(document)}`;
    expect(said).not.toMatch(/NaN|Infinity|undefined/);
    expect(document.verdict.sentence).not.toBe("");
  });

  it("keeps ln J where K and J have left float64, and calls K dead", async () => {
    const ask = async (sw2: number) => {
      const net = parseNetText(`mlp:depth=2000,width=8,in=8,activation=relu,sw2=${sw2}`);
      const { json } = await criticality({ net, seed: 0, command: "" });
      return (
        json["layers"] as { K: number | null; J: number | null; lnJ: number; status?: string }[]
      )[1999]!;
    };
    const up = await ask(100);
    expect(up).toMatchObject({ K: null, J: null, status: "infinite" });
    expect(up.lnJ).toBeCloseTo(1999 * Math.log(50), 6);
    const down = await ask(0.01);
    expect(down).toMatchObject({ K: 0, J: 0, status: "dead" });
    expect(down.lnJ).toBeCloseTo(1999 * Math.log(0.005), 6);
  });

  it("measures J in logarithms until float32 itself ends, then says dead or overflow", async () => {
    for (const [sw2, status] of [
      [1e4, "overflow"],
      [1e-4, "dead"],
    ] as const) {
      const net = parseNetText(`mlp:depth=60,width=8,in=8,activation=relu,sw2=${sw2}`);
      const { json, document } = await criticality({ net, seed: 0, command: "", measure: { seeds: 2 } });
      expect(nonFinite(json)).toEqual([]);
      expect(visible(reportHtml(document))).not.toMatch(/NaN|Infinity|undefined/);
      const { layers } = json["measured"] as { layers: { lnJ: number | null; status?: string }[] };
      expect(layers.at(-1)!.status).toBe(status);
      expect(layers[1]!.lnJ).not.toBeNull();
    }
  });
});
