/**
 * @file The averaged partial Jacobian norm J(1, l) by depth: theory of infinite width beside sampled networks of finite
 * width, ordered, critical and chaotic. Run it with `npx node examples/apjn.ts`.
 */
import {
  buildModel,
  diagnose,
  growthRate,
  Key,
  meanFieldPlaces,
  measureJacobians,
  normal,
  parseNetText,
  propagate,
} from "../src/index.ts";

const [depth, width, seeds] = [24, 256, 8];
const key = Key.fromSeed(0);
const inputs = normal(key.split("inputs"), "float32", [4, 64]);
/** Layers left out of the slope, where K is still on its way. */
const settled = 8;
const shown = [2, 6, 12, 18, 24];

console.log(`tanh, depth ${depth}, width ${width}, ${seeds} networks: ln J(1, l)\n`);
console.log(`${"".padEnd(24)}${shown.map((l) => `l = ${l}`.padStart(9)).join("")}   law`);
for (const sw2 of [0.7, 1, 2]) {
  const model = buildModel(
    parseNetText(`mlp:depth=${depth},width=${width},activation=tanh,sw2=${sw2},in=64`),
  );
  const theory = propagate(meanFieldPlaces(model), { K: 1 }).slice(0, depth);
  const { layers } = await measureJacobians({ model, inputs, seeds, key });
  const hidden = layers.slice(0, depth);
  const profile = hidden.map(({ index, J }) => ({ depth: index, lnJ: J.perSeed }));
  const { verdict } = diagnose(profile, { width });
  const row = (name: string, values: readonly number[], law: string) =>
    console.log(
      `${name.padEnd(24)}${shown.map((l) => values[l - 1]!.toFixed(2).padStart(9)).join("")}   ${law}`,
    );
  row(
    `σw² = ${sw2}  theory`,
    theory.map(({ logJ }) => logJ),
    "",
  );
  row(
    "          measured",
    hidden.map(({ J }) => J.lnMean),
    verdict,
  );
  const { value, ci } = growthRate(profile.slice(settled));
  const expected = growthRate(
    theory.slice(settled).map(({ index, logJ }) => ({ depth: index, lnJ: [logJ] })),
  );
  const interval = ci!.map((end) => end.toFixed(4)).join(" to ");
  console.log(
    `slope from l = ${settled + 1}: theory ${expected.value.toFixed(4)}, measured ${value.toFixed(4)} (95 %: ${interval})\n`,
  );
}
