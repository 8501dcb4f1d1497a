/**
 * @file From text or JSON to a validated network and back. Every refusal is a FathomError with the path at fault and a
 * hint. `parseNetText(printNet(net))` is `net`.
 */
import { FathomError } from "../tensor/index.ts";
import { writeOut } from "./expand.ts";
import { refuseOversize, refusePrototypeKeys } from "./guard.ts";
import { errorFromIssues } from "./issues.ts";
import { oneLineToJson } from "./one-line.ts";
import { resolveNet } from "./resolve.ts";
import { netForm } from "./schema.ts";
import type { LayerSpec, Net } from "./spec.ts";

/**
 * Validates the JSON form of a network: fills in defaults, writes repetitions out and, where the input is stated,
 * checks that the layers meet.
 * @param json - a parsed JSON value (conventions.md, Files).
 * @throws FathomError bad-input, bad-shape or too-large, with `where` such as `layers[3].branch[0].width`.
 * @example parseNet({ fathom: 1, input: { kind: "vector", shape: [784] }, layers: [{ kind: "dense", width: 10 }] })
 */
export function parseNet(json: unknown): Net {
  refusePrototypeKeys(json);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new FathomError({
      code: "bad-input",
      message: "A network is a JSON object.",
      where: "network",
      hint: 'Write {"fathom": 1, "input": {"kind": "vector", "shape": [784]}, "layers": [{"kind": "dense", "width": 10}]}.',
    });
  }
  refuseOversize(json);
  const result = netForm.safeParse(json);
  if (!result.success) throw errorFromIssues(result.error.issues, json);
  const { input, parameterisation, init, layers } = result.data;
  const sources = new Map<LayerSpec, string>();
  const net: Net = {
    fathom: 1,
    ...(input === undefined ? {} : { input }),
    parameterisation,
    init,
    layers: writeOut(layers, "layers", sources),
  };
  if (input !== undefined) resolveNet(net, sources);
  return net;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FathomError({
      code: "bad-input",
      message: `The network is not JSON: ${(cause as Error).message}.`,
      where: "network",
      hint: 'Mend the syntax, or use the one-line form: "mlp:depth=30,width=128,activation=tanh".',
      cause,
    });
  }
}

/**
 * Reads a network from JSON text or from its one-line form (cli.md).
 * @throws FathomError as {@link parseNet}; bad-input for text that is neither.
 * @example parseNetText("mlp:depth=30,width=128,activation=tanh,sw2=2.5,sb2=0.05,in=784")
 */
export function parseNetText(text: string): Net {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  const isOneLine = /^[A-Za-z][\w-]*\s*(:|$)/.test(trimmed);
  return parseNet(isOneLine ? oneLineToJson(trimmed) : readJson(trimmed));
}

/**
 * The network as JSON text, one layer a line.
 * @example printNet(parseNetText("mlp:depth=1,in=4"))
 */
export function printNet({ layers, ...head }: Net): string {
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  );
  const lines = layers.map((layer) => `    ${JSON.stringify(layer)}`);
  return ["{", ...fields, '  "layers": [', lines.join(",\n"), "  ]", "}", ""].join("\n");
}
