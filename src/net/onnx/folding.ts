/**
 * @file Traces of layers that an exporter merged: what its optimiser writes into metadata and names. Certain are the metadata of
 * PyTorch's torch.export-based exporter (a convolution that stands for a batch normalisation), the bias that its optimiser
 * makes (`conv.weight_bias`), and the names of onnxruntime's fusions. A guess, where the metadata were taken out, is a
 * convolution that gives `getitem_3`: a convolution has one result, and getitem picks one of several. So are the numbered names
 * that the older exporter gives to computed constants: `onnx::Conv_12` as weight and as bias is what merging a batch
 * normalisation leaves, but another computation of both in the graph would leave the same.
 */
import type { NodeProto } from "onnx-buf";
import type { DecodedModel } from "./decode.ts";

const linear: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);
/** TorchScript: `onnx::MatMul_57`; torch.export: `val_57`. */
const numbered = /^(onnx::[A-Za-z]+|val)_\d+$/;
const runtimeFusion = /^ConvBnFusion_/;

/** Linear layers into which a batch normalisation was merged. */
export interface Folding {
  readonly nodes: readonly NodeProto[];
  readonly certain: boolean;
}

/** Linear layers of a model that hold a merged batch normalisation; guesses from names only where nothing is certain. */
export function folding(model: DecodedModel): Folding {
  const layers = model.nodes.filter(({ opType }) => linear.has(opType));
  const certain = layers.filter((node) => isMerged(node));
  if (certain.length > 0) return { nodes: certain, certain: true };
  const { initialiserOf } = sources(model);
  const nameless = (name = "") => numbered.test(initialiserOf(name) ?? "");
  const guessed = layers.filter(
    ({ input, output }) => (nameless(input[1]) && nameless(input[2])) || /^getitem(_\d+)?$/.test(output[0]!),
  );
  return { nodes: model.producer === "pytorch" ? guessed : [], certain: false };
}

function isMerged(node: NodeProto): boolean {
  const [, weight = "", bias = ""] = node.input;
  if (runtimeFusion.test(weight) || runtimeFusion.test(bias)) return true;
  return bias === `${weight}_bias` || operatorMeant(node).includes("batch_norm");
}

/** Whether the exporter noted that a batch normalisation was in training mode; what it writes may say otherwise. */
export function meantTraining(node: NodeProto): boolean {
  const meant = operatorMeant(node);
  return meant.includes("batch_norm") && !meant.includes("no_training");
}

/** The operator of PyTorch that a node stands for: `aten.conv2d.default`; empty where the file does not say. */
function operatorMeant({ metadataProps }: NodeProto): string {
  const hierarchy = metadataProps.find(({ key }) => key === "pkg.torch.onnx.class_hierarchy")?.value ?? "";
  return /'([^']*)'\]$/.exec(hierarchy)?.[1] ?? "";
}

/** The name of a linear layer's weight matrix when it is none of a parameter. */
export function namelessWeight({ opType, input }: NodeProto, model: DecodedModel): string | undefined {
  if (!linear.has(opType) || model.producer !== "pytorch") return undefined;
  const { initialiserOf, isMatrix } = sources(model);
  const name = initialiserOf(input[1] ?? "");
  return name !== undefined && numbered.test(name) && isMatrix(name) ? name : undefined;
}

interface Sources {
  /** The initialiser that a name stands for: equal ones are shared, and the others become Identity nodes. */
  initialiserOf(name: string): string | undefined;
  isMatrix(name: string): boolean;
}

const known = new WeakMap<DecodedModel, Sources>();

function sources(model: DecodedModel): Sources {
  const before = known.get(model);
  if (before !== undefined) return before;
  const ranks = new Map(model.graph.initializer.map(({ name, dims }) => [name, dims.length]));
  const same = new Map(
    model.nodes.flatMap(({ opType, input, output }) =>
      opType === "Identity" ? [[output[0]!, input[0]!] as const] : [],
    ),
  );
  const found: Sources = {
    initialiserOf: (name) => {
      const source = same.get(name) ?? name;
      return ranks.has(source) ? source : undefined;
    },
    isMatrix: (name) => (ranks.get(name) ?? 0) >= 2,
  };
  known.set(model, found);
  return found;
}
