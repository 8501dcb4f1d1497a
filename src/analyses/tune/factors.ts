/** @file Factors of given weights as text: PyTorch that multiplies the parameters of a module in place, or JSON. */
import type { WeightGain } from "../../probes/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { Language } from "./emit.ts";

/** Every factor by the parameter's name, biases behind their weights; those of 1 are left out. */
export function factorsOf(gains: readonly WeightGain[]): Readonly<Record<string, number>> {
  const entries = gains.flatMap(({ layer, weight, bias, biasName }): [string, number][] => [
    [layer, weight],
    ...(biasName === undefined ? [] : [[biasName, bias] as [string, number]]),
  ]);
  return Object.fromEntries(entries.filter(([, factor]) => factor !== 1));
}

/**
 * Refuses what cannot be emitted for weights of these names, before anything is measured.
 * @throws FathomError unsupported for JAX, whose parameters have no names that a file would know, and for PyTorch where the
 * exporter replaced a parameter's name by one of its own.
 */
export function checkFactorLanguage(language: Language | undefined, names: readonly string[]): void {
  const nameless = names.find((name) => !/^[A-Za-z_]\w*(\.\w+)*$/.test(name));
  if (language === "pytorch" && nameless !== undefined) throw noModuleName(nameless);
  if (language !== "jax") return;
  throw new FathomError({
    code: "unsupported",
    where: "emit",
    message: "Given weights are multiplied by name, and a JAX program's parameters have names of its own.",
    hint: "Take the factors as JSON (emit json) and multiply the arrays that they stand for.",
  });
}

/**
 * The factors in a language.
 * @param title - what the head of the code says of it, one line.
 */
export function emitFactors(
  gains: readonly WeightGain[],
  language: "json" | "pytorch",
  { title }: { readonly title: string },
): string {
  const factors = Object.entries(factorsOf(gains));
  if (language === "json") return `${JSON.stringify(Object.fromEntries(factors), null, 2)}\n`;
  const lines = factors.map(([name, factor]) => `        parameters["${name}"].mul_(${digits(factor)})`);
  return `"""${title}

rescale(model) multiplies parameters of a module in place, by their names in model.named_parameters().
"""
import torch


def rescale(model):
    parameters = dict(model.named_parameters())
    with torch.no_grad():
${lines.length === 0 ? "        pass" : lines.join("\n")}
    return model
`;
}

/** Eight digits: what float32 tells apart. */
function digits(factor: number): string {
  const text = String(Number(factor.toPrecision(8)));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function noModuleName(name: string): FathomError {
  return new FathomError({
    code: "unsupported",
    where: "emit",
    message: `The file calls a weight "${name}": the exporter made a new array of it, and its name in the module is lost.`,
    hint: "Export the module with python/fathom.py, which keeps names; or take the factors as JSON (emit json).",
  });
}
