/** @file The tables of layers: what each is, what it takes and gives, and which rules of theory it has. */
import {
  buildModel,
  findLayer,
  layerRecords,
  type NetShape,
  netSchema,
  parseNet,
} from "../../src/net/index.ts";
import { layerFamilies, layerNotes } from "./layer-notes.ts";
import { table } from "./markdown.ts";

type Family = keyof typeof layerFamilies;

/** `layers-units`, `layers-normalisation`, … and the rules of all. */
export const layerTables: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    (Object.keys(layerFamilies) as Family[]).map((family) => [`layers-${family}`, () => layers(family)]),
  ),
  "layer-rules": rules,
  "layer-parameters": parameters,
};

/** The part of JSON Schema that the layers use. */
interface Schema {
  readonly description?: string;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

function layerForms(): readonly Schema[] {
  const schema = netSchema() as Schema;
  const list = resolved(schema.properties!["layers"]!, schema);
  return resolved(list.items!, schema).oneOf!;
}

function resolved(part: Schema, whole: Schema): Schema {
  return part.$ref === undefined ? part : whole.$defs![part.$ref.replace(/^#\/\$defs\//, "")]!;
}

function kindOf({ properties }: Schema): string {
  return properties!["kind"]!.const as string;
}

/** Every layer of the language stands in one family. @throws Error naming one that does not. */
function requireFamilies(kinds: readonly string[]): void {
  const placed: readonly string[] = Object.values(layerFamilies).flat();
  const missing = kinds.filter((kind) => !placed.includes(kind));
  if (missing.length > 0) throw new Error(`scripts/docs/layer-notes.ts has no family for ${missing}`);
}

function layers(family: Family): string {
  const forms = layerForms();
  requireFamilies(forms.map(kindOf));
  const rows = layerFamilies[family].map((kind) => {
    const form = forms.find((one) => kindOf(one) === kind);
    if (form === undefined) throw new Error(`There is no layer ${kind}`);
    return [`\`${kind}\``, form.description ?? "", optionsOf(form)];
  });
  return table(["kind", "what it is", "options"], rows);
}

/** Options but `parameters`, which all layers with parameters have and the page explains once. */
function optionsOf({ properties = {}, required = [] }: Schema): string {
  const options = Object.entries(properties).filter(([name]) => name !== "kind" && name !== "parameters");
  const words = options.map(([name, option]) => {
    const otherwise = required.includes(name)
      ? " (required)"
      : option.default === undefined
        ? ""
        : ` (default ${JSON.stringify(option.default)})`;
    return `\`${name}\`: ${option.description ?? "see below"}${otherwise}`;
  });
  return words.join("<br>") || "none";
}

/** Shapes that a layer is tried on, and the names of their sizes. No two sizes of one shape are equal. */
const samples: readonly (readonly [NetShape, Readonly<Record<number, string>>])[] = [
  [{ kind: "vector", shape: [12] }, { 12: "C" }],
  [
    { kind: "tokens", shape: [9, 12] },
    { 9: "T", 12: "C", 108: "T·C" },
  ],
  [
    { kind: "graph", shape: [9, 12] },
    { 9: "V", 12: "F", 108: "V·F" },
  ],
  [
    { kind: "signal", shape: [12, 8] },
    { 12: "C", 8: "T", 96: "C·T" },
  ],
  [
    { kind: "image", shape: [12, 11, 10] },
    { 12: "C", 11: "H", 10: "W", 110: "H·W", 1320: "C·H·W" },
  ],
  [{ kind: "ids", shape: [9] }, { 9: "T" }],
];

/** What a layer makes of a sample; undefined where it refuses. */
function outputOf(kind: string, input: NetShape): NetShape | undefined {
  try {
    const net = parseNet({ fathom: 1, input, layers: [{ kind, ...layerNotes[kind]!.form }] });
    return buildModel(net).layers[0]!.output;
  } catch {
    return undefined;
  }
}

/** The network of the layer's example on the first shape that it takes. */
export function exampleModel(kind: string): ReturnType<typeof buildModel> {
  const { form } = layerNotes[kind]!;
  const [input] = samples.find(([shape]) => outputOf(kind, shape) !== undefined)!;
  return buildModel(parseNet({ fathom: 1, input, layers: [{ kind, ...form }] }));
}

/** Sizes by name: an option of the layer, an axis of the input, or the axis with a prime where it has changed. */
function named(
  shape: NetShape,
  input: NetShape,
  axes: Readonly<Record<number, string>>,
  kind: string,
): string {
  const options = Object.entries(layerNotes[kind]!.form).filter(([name]) => /width|channels/.test(name));
  const names = shape.shape.map((size, axis) => {
    const option = options.find(([, value]) => value === size)?.[0];
    const name = option ?? axes[size] ?? `${axes[input.shape[axis]!]}′`;
    if (!name.startsWith("undefined")) return name;
    throw new Error(`scripts/docs/layer-tables.ts has no name for ${size} behind ${kind}`);
  });
  return `${shape.kind} [${names.join(", ")}]`;
}

function shapesOf(kind: string): string {
  const { shapes } = layerNotes[kind]!;
  if (shapes !== undefined) return shapes;
  const taken = samples.flatMap(([input, axes]) => {
    const output = outputOf(kind, input);
    return output === undefined ? [] : [{ input, output, axes }];
  });
  if (taken.length === 0) throw new Error(`The example of ${kind} in layer-notes.ts fits no shape`);
  const kept = ({ input, output }: (typeof taken)[number]) => showSizes(input) === showSizes(output);
  if (taken.every(kept)) {
    return taken.length === samples.length - 1
      ? "any numbers, kept"
      : `${taken.map(({ input }) => input.kind).join(", ")}: kept`;
  }
  return taken
    .map(
      ({ input, output, axes }) => `${named(input, input, axes, kind)} → ${named(output, input, axes, kind)}`,
    )
    .join("<br>");
}

function showSizes({ kind, shape }: NetShape): string {
  return `${kind} ${shape.join(" ")}`;
}

function meanFieldOf(kind: string): string {
  const { meanField, noMeanField } = findLayer(kind)!;
  const note = layerNotes[kind]!.meanField;
  if ((meanField === undefined) !== (note === undefined))
    throw new Error(`layer-notes.ts and the record of ${kind} differ on a mean-field rule`);
  return note?.text ?? `none: it ${noMeanField}`;
}

function covarianceOf(kind: string): string {
  const note = layerNotes[kind]!.covariance;
  if ((findLayer(kind)!.covariance === undefined) !== (note === undefined))
    throw new Error(`layer-notes.ts and the record of ${kind} differ on a covariance rule`);
  return note ?? "none";
}

function rules(): string {
  const ordered = Object.values(layerFamilies)
    .flat()
    .filter((kind) => kind !== "repeat");
  requireFamilies(layerRecords.map(({ kind }) => kind));
  const rows = ordered.map((kind) => [`\`${kind}\``, shapesOf(kind), meanFieldOf(kind), covarianceOf(kind)]);
  return table(["kind", "shapes", "mean field", "covariance K′(x, x′)"], rows);
}

/** Names of what a layer holds: parameters, running statistics, and the random numbers of training. */
function parameters(): string {
  const rows = layerRecords.flatMap((record) => {
    const example = exampleModel(record.kind).layers[0]!;
    const spec = "affine" in example.spec ? { ...example.spec, affine: true } : example.spec;
    const held = [record.params, record.buffers, record.noise].map((rule) =>
      Object.keys(rule?.(spec, example.input) ?? {}),
    );
    if (held.every((names) => names.length === 0)) return [];
    const cells = held.map((names) => names.map((name) => `\`${name}\``).join(", ") || "–");
    const note = spec === example.spec ? "" : " with `affine`";
    return [[`\`${record.kind}\`${note}`, ...cells]];
  });
  return table(["kind", "parameters", "running statistics", "random numbers of training"], rows);
}
