/** @file The tables of the guide that state what the code does: made from the code, so that they cannot drift from it. */
import { analyses, papers } from "../../src/analyses/index.ts";
import { planTraining } from "../../src/analyses/training/plan.ts";
import { rateGrid } from "../../src/analyses/training/rate-grid.ts";
import { commands, dataCommands } from "../../src/cli/program.ts";
import {
  buildModel,
  findActivation,
  activationKinds as netActivations,
  parseNetText,
} from "../../src/net/index.ts";
import {
  activationKinds,
  type CriticalOptions,
  criticalInitialisation,
  scalarActivation,
  universality,
} from "../../src/theory/index.ts";
import { kernelTables } from "./kernel-tables.ts";
import { layerTables } from "./layer-tables.ts";
import { table } from "./markdown.ts";
import { networkTables } from "./network-tables.ts";
import { primitiveTable } from "./primitive-tables.ts";

/** The tables by name, as Markdown. */
export const tables: Readonly<Record<string, () => string>> = {
  commands: commandTable,
  ...layerTables,
  ...kernelTables,
  ...networkTables,
  primitives: primitiveTable,
  activations,
  analyses: questions,
  claims,
  "training-plan": trainingPlan,
  "critical-points": criticalPoints,
  "critical-variants": criticalVariants,
};

/** Six significant digits. */
function number(value: number | undefined): string {
  return value === undefined ? "–" : String(Number(value.toPrecision(6)));
}

function commandTable(): string {
  const data = dataCommands.map((spec) => ({ ...spec, name: `data ${spec.name}` }));
  return table(
    ["command", "does"],
    [...commands, ...data].map(({ name, summary }) => [`\`${name}\``, summary]),
  );
}

function claims(): string {
  const rows = papers.flatMap(({ id, claims }) =>
    claims.map(({ claim, paper, bar }) => [`\`${id}\``, claim, paper, bar]),
  );
  return table(["paper", "claim", "what it says", "bar"], rows);
}

function activations(): string {
  const rows = netActivations.map((kind) => {
    const { summary, params, defaults = {}, synonyms } = findActivation(kind)!;
    const words = Object.entries(params.shape).map(([name, schema]) => {
      const { success, data = defaults[name] } = schema.safeParse(undefined);
      const otherwise = data === undefined ? "optional" : `default ${JSON.stringify(data)}`;
      return `\`${name}\` (${success ? otherwise : "required"})`;
    });
    const parameters = words.join(", ") || "–";
    const names = [`\`${kind}\``, ...synonyms.map((name) => `\`${name}\``)].join(", ");
    return [names, summary, parameters, integrals(kind), criticalPoint(kind)];
  });
  return table(
    ["kind", "formula", "parameters", "Gaussian integrals", "critical $\\sigma_w^2, \\sigma_b^2$"],
    rows,
  );
}

/** Which of E φφ and its like are known in closed form. */
function integrals(kind: string): string {
  if (!activationKinds.includes(kind)) return "integrated";
  const { B, dual } = scalarActivation(kind).moments;
  if (dual !== undefined) return "closed";
  return B === undefined ? "integrated" : "closed; of pairs integrated";
}

/** Of a plain network, at the parameters' defaults. */
function criticalPoint(kind: string): string {
  if (!activationKinds.includes(kind)) return "by its expression";
  const { critical } = universality(scalarActivation(kind));
  return critical === undefined ? "none" : `${number(critical.sw2)}, ${number(critical.sb2)}`;
}

function questions(): string {
  return table(
    ["section", "key in JSON", "question"],
    analyses.map(({ title, id, question }) => [title, `\`${id}\``, question]),
  );
}

/** The race of a survey's training comparison, as the plan of some network has it. */
function trainingPlan(): string {
  const steps = 1000;
  const model = buildModel(parseNetText("mlp:depth=10,width=64,in=64"));
  const batch = 128;
  const enough = { models: [model, model], learningRates: rateGrid([1]), seconds: 1e6 } as const;
  const rowsOf = { batch, validation: 500, test: 500, perCall: 500 };
  const plan = planTraining({ ...enough, rows: rowsOf, train: Math.floor((steps * batch) / 3) });
  const racing = [plan.learningRates.length, ...plan.rungs.map(({ keep }) => keep)];
  const rows = plan.rungs.map(({ steps: until }, i) => [
    `${racing[i]} rates, ${plan.searchSeeds} seeds each`,
    `${Math.round((100 * until) / plan.steps)} %`,
    i + 1 < plan.rungs.length
      ? `the best ${racing[i + 1]} go on`
      : `the best is run with ${plan.seeds} seeds and tested`,
  ]);
  return table(["in the race", "trained to", "then"], rows);
}

function criticalPoints(): string {
  const rows = activationKinds.map((kind) => {
    const { class: family, critical, zeta } = universality(scalarActivation(kind));
    const K = critical === undefined ? "–" : critical.K === undefined ? "any" : number(critical.K);
    return [`\`${kind}\``, family, number(critical?.sw2), number(critical?.sb2), K, number(zeta)];
  });
  return table(["activation", "class", "$\\sigma_w^2$", "$\\sigma_b^2$", "$K^\\ast$", "$\\zeta$"], rows);
}

const variants: readonly (readonly [string, Omit<CriticalOptions, "activation">])[] = [
  ["plain", {}],
  ["plain, $\\mu = 0.9$", { mu: 0.9 }],
  ["plain, $\\mu = 1$", { mu: 1 }],
  ["`ln-pre`", { norm: "ln-pre" }],
  ["`ln-pre`, $\\mu = 1$", { norm: "ln-pre", mu: 1 }],
  ["`ln-act`", { norm: "ln-act" }],
  ["`ln-skip`, $\\mu = 0.5$", { norm: "ln-skip", mu: 0.5 }],
  ["`ln-block`", { norm: "ln-block" }],
  ["`batchnorm`", { norm: "batchnorm" }],
  ["`batchnorm`, $\\mu = 1$", { norm: "batchnorm", mu: 1 }],
];

/** Critical variances of some architectures, `sw2, sb2` for each activation. */
function criticalVariants(): string {
  const kinds = ["relu", "tanh", "gelu"];
  const rows = variants.map(([name, options]) => {
    const found = kinds.map((kind) =>
      criticalInitialisation({ activation: scalarActivation(kind), ...options }),
    );
    const law = found.map((one) =>
      one === undefined ? "grows" : one.zeta === 0 ? "constant" : power(-one.zeta),
    );
    const cells = found.map((one) => (one === undefined ? "none" : `${number(one.sw2)}, ${number(one.sb2)}`));
    return [name, ...cells, [...new Set(law)].join(" or ")];
  });
  return table(["architecture", ...kinds.map((kind) => `\`${kind}\``), "$J(1, l)$"], rows);
}

function power(exponent: number): string {
  return `$\\propto l^{${number(exponent)}}$`;
}
