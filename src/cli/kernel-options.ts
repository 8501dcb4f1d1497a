/** @file Options that the commands of infinite-width kernels share. */
import { Option } from "commander";
import { badUsage } from "./errors.ts";
import { choiceOption } from "./options.ts";

/** Values of {@link kernelFlags}. */
export interface KernelFlags {
  readonly precision: "float32" | "float64";
  readonly parameterisation: "ntk" | "standard";
}

/** `--name`, one of a few values; the first unless said. */
export function choiceFlag(name: string, what: string, values: readonly string[]): Option {
  return new Option(`--${name} <name>`, `${what}: ${values.join(", ")}`)
    .argParser(choiceOption(`--${name}`, values))
    .default(values[0]);
}

/** How kernels are computed. */
export function kernelFlags(): Option[] {
  return [
    choiceFlag("precision", "of the kernel; float64 is the slow reference", ["float32", "float64"]),
    choiceFlag("parameterisation", "that of the NTK", ["ntk", "standard"]),
  ];
}

/** `--curve 100,300`: numbers of training items. */
export function curveFlag(what: string): Option {
  return new Option("--curve <n,m>", what).argParser((text) => {
    const sizes = text.split(",").map((part) => (/^[1-9]\d{0,8}$/.test(part.trim()) ? Number(part) : 0));
    if (!sizes.includes(0)) return sizes;
    throw badUsage(`--curve is "${text}".`, "--curve", "Give numbers of training items, as 100,300,1000.");
  });
}
