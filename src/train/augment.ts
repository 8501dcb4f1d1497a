/**
 * @file Augmentation of training batches: random changes that leave the answer as it is, made inside the compiled step from
 * random numbers that it is fed. Evaluations see the examples as they are.
 */
import type { Dataset } from "../data/index.ts";
import { input, type Tensor } from "../expr/index.ts";
import type { Noise } from "../net/index.ts";
import { FathomError, type FloatDType } from "../tensor/index.ts";
import type { Augmentation } from "./augmentations/define.ts";
import { augmentations } from "./augmentations/index.ts";
import { badOption, parse } from "./options.ts";

/** An augmentation as a caller writes it; they are made in the order of their list. */
export type AugmentationSpec =
  | { readonly kind: "shift"; readonly pixels: number }
  | { readonly kind: "flip"; readonly axis?: "horizontal" | "vertical" }
  | { readonly kind: "cutout"; readonly size: number }
  | { readonly kind: "noise"; readonly std: number };

const kinds = augmentations.map(({ kind }) => kind);

/**
 * Checks augmentations against the data and fills in defaults.
 * @throws FathomError bad-input naming the entry and field; unsupported for data that it cannot be done to.
 * @example parseAugmentation([{ kind: "shift", pixels: 2 }, { kind: "flip" }], cifar)
 */
export function parseAugmentation(
  specs: readonly AugmentationSpec[],
  dataset: Pick<Dataset, "kind" | "name">,
): AugmentationSpec[] {
  if (!Array.isArray(specs)) throw badOption("augmentation", specs, "a list of augmentations");
  return specs.map((spec, i) => {
    const where = `augmentation[${i}]`;
    const record = recordOf(spec, where);
    if (!record.acts.includes(dataset.kind)) {
      throw new FathomError({
        code: "unsupported",
        where,
        message: `${record.kind} acts on data of kind ${record.acts.join(", ")}; "${dataset.name}" is of kind ${dataset.kind}.`,
        hint: "Leave it out; --shape sees rows of numbers as pictures.",
      });
    }
    const { kind, ...rest } = spec;
    return { kind, ...parse(record.options, rest, where) } as AugmentationSpec;
  });
}

/**
 * What the command line writes: `shift=2,flip,noise=0.1`, an augmentation's name and its main option.
 * @throws FathomError bad-input naming the part that is not understood.
 * @example augmentationFrom("shift=2,flip") // [{ kind: "shift", pixels: 2 }, { kind: "flip" }]
 */
export function augmentationFrom(text: string): AugmentationSpec[] {
  return text.split(",").map((part, i) => {
    const [kind, value, ...more] = part.trim().split("=") as [string, ...string[]];
    const where = `augmentation[${i}]`;
    const { main, options } = recordOf({ kind } as AugmentationSpec, where);
    if (more.length > 0 || value === "") throw badOption(where, part, `${kind}, or ${kind}=<${main}>`);
    const given = value === undefined ? {} : { [main]: Number.isNaN(Number(value)) ? value : Number(value) };
    return { kind, ...parse(options, given, where) } as unknown as AugmentationSpec;
  });
}

/** The random numbers that one example needs, by the names of the step's inputs. */
export function augmentationNoise(specs: readonly AugmentationSpec[], { inputShape }: Dataset): Noise[] {
  return specs.map((spec, i) => ({
    name: nameOf(spec, i),
    shape: recordOf(spec, nameOf(spec, i)).draws({ ...spec }, inputShape),
  }));
}

/** The augmentations of a step: what it is fed, and what it makes of a batch. */
export interface Augmenter {
  readonly inputs: readonly Tensor[];
  /** [B, ...inputShape] → [B, ...inputShape] */
  apply(x: Tensor): Tensor;
}

/** @param specs Checked by {@link parseAugmentation}. */
export function augmenter(
  specs: readonly AugmentationSpec[],
  {
    dataset,
    batch,
    dtype,
  }: { readonly dataset: Dataset; readonly batch: number; readonly dtype: FloatDType },
): Augmenter {
  const inputs = augmentationNoise(specs, dataset).map(({ name, shape }) =>
    input(name, [batch, ...shape], dtype),
  );
  return {
    inputs,
    apply: (x) =>
      specs.reduce((now, spec, i) => recordOf(spec, nameOf(spec, i)).apply({ ...spec }, now, inputs[i]!), x),
  };
}

function nameOf({ kind }: AugmentationSpec, i: number): string {
  return `augmentation:${i}:${kind}`;
}

function recordOf(spec: AugmentationSpec, where: string): Augmentation {
  const kind = (spec as { kind?: unknown } | null)?.kind;
  const record = augmentations.find((known) => known.kind === kind);
  if (record !== undefined) return record;
  throw badOption(`${where}.kind`, kind, `one of ${kinds.join(", ")}`);
}
