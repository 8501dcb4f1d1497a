/**
 * @file What an export did to a model that a measurement should know of: batch normalisation that was merged or frozen,
 * weights that lost their names, dropout that is left out. Only what the file itself shows is told: a model whose batch
 * normalisation was merged before the export, under its own names, looks like one that never had any.
 */
import type { NodeProto } from "onnx-buf";
import { type DecodedModel, nodeName } from "./decode.ts";
import { folding, meantTraining, namelessWeight } from "./folding.ts";

/** Something that the export did. */
export interface ModelFinding {
  readonly kind: "inferenceBatchNorm" | "foldedBatchNorm" | "foldedConstants" | "dropout";
  /** False for a guess from the names that exporters give. */
  readonly certain: boolean;
  /** The first node that shows it, and how many do. */
  readonly node: string;
  readonly count: number;
  readonly message: string;
  readonly remedy: string;
}

const helper = "Export with fathom.export of python/fathom.py";
const byHand =
  "torch.onnx.export(model, x, file, dynamo=False, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)";

/** Nodes that their operators remarked upon while the model was read. */
export type Remarks = Readonly<Record<"inferenceBatchNorm" | "dropout", readonly NodeProto[]>>;

/**
 * The findings of a model, one of each kind at most.
 * @example modelFindings(model, { inferenceBatchNorm: [], dropout: [] }).map(({ kind }) => kind) // ["foldedConstants"]
 */
export function modelFindings(model: DecodedModel, remarks: Remarks): ModelFinding[] {
  return [
    inferenceBatchNorm(remarks.inferenceBatchNorm),
    foldedBatchNorm(model),
    foldedConstants(model),
    dropout(remarks.dropout),
  ].filter((finding) => finding !== undefined);
}

function found(nodes: readonly NodeProto[], rest: Omit<ModelFinding, "node" | "count">): ModelFinding {
  return { ...rest, node: nodeName(nodes[0]!), count: nodes.length };
}

function counted(nodes: readonly unknown[], one: string, many: string): string {
  return nodes.length === 1 ? one : many.replace("N", String(nodes.length));
}

function inferenceBatchNorm(frozen: readonly NodeProto[]): ModelFinding | undefined {
  if (frozen.length === 0) return undefined;
  const layers = counted(frozen, "One BatchNormalization uses", "N BatchNormalizations use");
  const lost = frozen.some(meantTraining)
    ? " The module was in training mode, which the exporter did not write down."
    : "";
  return found(frozen, {
    kind: "inferenceBatchNorm",
    certain: true,
    message: `${layers} frozen statistics: signals and gradients are those of inference, not those that training sees.${lost}`,
    remedy: `${helper}, or by ${byHand}.`,
  });
}

function foldedBatchNorm(model: DecodedModel): ModelFinding | undefined {
  const evidence = folding(model);
  if (evidence.nodes.length === 0) return undefined;
  const layers = counted(evidence.nodes, "One layer has", "N layers have");
  const why = evidence.certain
    ? ""
    : " This is a guess from the names that the exporter makes up when it merges layers.";
  return found(evidence.nodes, {
    kind: "foldedBatchNorm",
    certain: evidence.certain,
    message: `${layers} batch normalisation merged into ${counted(evidence.nodes, "its", "their")} weights: what is measured is the network of inference, with other variances than at its initialisation.${why}`,
    remedy: `${helper}, or by ${byHand}.`,
  });
}

function foldedConstants(model: DecodedModel): ModelFinding | undefined {
  const merged = new Set(folding(model).nodes);
  const nameless = model.nodes.filter(
    (node) => !merged.has(node) && namelessWeight(node, model) !== undefined,
  );
  if (nameless.length === 0) return undefined;
  const example = namelessWeight(nameless[0]!, model);
  const weights = counted(nameless, "One weight is a constant", "N weights are constants");
  return found(nameless, {
    kind: "foldedConstants",
    certain: true,
    message: `${weights} without the name of a parameter (${JSON.stringify(example)}). Measurements are not affected; what is said of a layer cannot name it, and its weights may be transposed or scaled.`,
    remedy: `${helper}, or with do_constant_folding=False.`,
  });
}

function dropout(active: readonly NodeProto[]): ModelFinding | undefined {
  if (active.length === 0) return undefined;
  return found(active, {
    kind: "dropout",
    certain: true,
    message: `${counted(active, "One Dropout is", "N Dropouts are")} in training mode and left out of all measurements: what enters goes on as it is.`,
    remedy: "Nothing is needed; export with dropout off to be rid of this note.",
  });
}
