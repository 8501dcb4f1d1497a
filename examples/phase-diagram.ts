/**
 * @file The phase diagram of an activation: order and chaos over weight and bias variance, drawn as SVG, and points of the
 * critical line between them. Run it with `npx node examples/phase-diagram.ts [activation] [folder]`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  criticalLine,
  parseActivation,
  phase,
  scalarHalf,
  standaloneSvg,
  universality,
} from "../src/index.ts";

const [name = "tanh", folder = "fathom-out"] = process.argv.slice(2);
const activation = parseActivation(name);
const spaced = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
const grid = { sw2: spaced(0.1, 4, 40), sb2: spaced(0, 1, 26) };

const { document } = phase({
  activation,
  norm: "none",
  mu: 0,
  ...grid,
  seed: 0,
  command: "examples/phase-diagram.ts",
});
console.log(document.verdict.sentence);

const scalar = scalarHalf(activation);
const { critical, class: kind } = universality(scalar);
console.log(
  critical === undefined
    ? "It has no critical point."
    : `Critical point (class ${kind}): σw² = ${critical.sw2.toFixed(6)}, σb² = ${critical.sb2.toFixed(6)}.`,
);

const line = criticalLine({ activation: scalar }, { sw2: [0.1, 4], sb2: [0, 1], points: 400 });
console.log(
  line.length === 0 ? "No critical line passes here." : "\n  critical line\n      σw²      σb²       K*",
);
const every = Math.ceil(line.length / 8);
for (const { sw2, sb2, K } of line.filter((_, i) => i % every === 0)) {
  console.log([sw2, sb2, K].map((value) => value.toFixed(4).padStart(9)).join(""));
}

mkdirSync(folder, { recursive: true });
const file = join(folder, `phase-${activation.kind}.svg`);
writeFileSync(file, standaloneSvg(document.sections[0]!.figures[0]!));
console.log(`\n${file}`);
