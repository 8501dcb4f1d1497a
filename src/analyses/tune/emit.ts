/** @file Initialisation code for PyTorch and JAX: the laws of a network's parameters, written out for its readers. */
import type { Net } from "../../net/index.ts";
import { printNet } from "../../net/index.ts";
import { type Law, type ParameterLaw, parameterLaws } from "./laws.ts";

export const languages = ["json", "pytorch", "jax"] as const;
export type Language = (typeof languages)[number];

/**
 * The network's initialisation as text: its JSON, or Python code.
 * @param title - what the head of the code says of it, one line.
 */
export function emit(net: Net, language: Language, title: string): string {
  if (language === "json") return `${printNet(net)}\n`;
  const laws = parameterLaws(net);
  return language === "pytorch" ? pytorch(laws, title) : jax(laws, title);
}

/** Eight digits: what float32 tells apart. */
function number(value: number): string {
  const text = String(Number(value.toPrecision(8)));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function shapeText({ shape }: ParameterLaw): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

function lawArgument(law: Law): string {
  switch (law.kind) {
    case "normal":
    case "signs":
      return number(law.std);
    case "orthogonal":
      return number(law.gain);
    case "uniform":
      return number(law.bound);
    case "constant":
      return number(law.value);
  }
}

function pytorch(laws: readonly ParameterLaw[], title: string): string {
  const rows = laws.map(
    (one) =>
      `    ("${one.name}", ${shapeText(one)}, "${one.law.kind}", ${lawArgument(one.law)}),  # ${one.comment}`,
  );
  return `"""${title}

initialise(module) draws the parameters of a module whose layers stand in this order and have these shapes, as
module.named_parameters() lists them. A parameter that starts at zero here and that the module lacks (bias=False) is skipped.
"""
import torch

# name in the network, shape, law, its size: standard deviation, gain of an orthogonal matrix, bound, or value
LAWS = [
${rows.join("\n")}
]
${pytorchFunctions}`;
}

const pytorchFunctions = `

@torch.no_grad()
def draw(parameter, law, size):
    if law == "normal":
        parameter.normal_(0.0, size)
    elif law == "orthogonal":
        torch.nn.init.orthogonal_(parameter, gain=size)
    elif law == "uniform":
        parameter.uniform_(-size, size)
    elif law == "signs":
        axis = next((i for i, n in enumerate(parameter.shape) if n > 1), 0)
        length = parameter.shape[axis]
        row = torch.where(2 * torch.arange(length) < length, size, -size)
        parameter.copy_(row.reshape([length if i == axis else 1 for i in range(parameter.dim())]))
    else:
        parameter.fill_(size)


def initialise(module):
    laws = iter(LAWS)
    for name, parameter in module.named_parameters():
        shape = tuple(parameter.shape)
        for ours, expected, law, size in laws:
            zero = law == "constant" and size == 0.0
            if expected == shape and not (zero and name.endswith("weight")):
                draw(parameter, law, size)
                break
            if not zero:
                raise ValueError(f"{name} has shape {shape}; the network has {ours} of {expected} there")
        else:
            raise ValueError(f"the network has no parameter for {name} {shape}")
    left = [ours for ours, _, law, size in laws if not (law == "constant" and size == 0.0)]
    if left:
        raise ValueError(f"the module has no parameter for {', '.join(left)}")
    return module
`;

const jaxLaws: Readonly<Record<Law["kind"], (size: string) => string>> = {
  normal: (size) => `init.normal(${size})`,
  orthogonal: (size) => `init.orthogonal(${size})`,
  uniform: (size) => `uniform(${size})`,
  signs: (size) => `signs(${size})`,
  constant: (size) => `init.constant(${size})`,
};

function jax(laws: readonly ParameterLaw[], title: string): string {
  const rows = laws.map(
    (one) =>
      `    "${one.name}": ${jaxLaws[one.law.kind](lawArgument(one.law))},  # ${shapeText(one)} ${one.comment}`,
  );
  const shapes = laws.map((one) => `    "${one.name}": ${shapeText(one)},`);
  const kinds = new Set(laws.map(({ law }) => law.kind));
  const helpers = [...(kinds.has("uniform") ? [jaxUniform] : []), ...(kinds.has("signs") ? [jaxSigns] : [])];
  return `"""${title}

INITIALISERS[name](key, shape, dtype) draws one array. Weights are written (outputs, inputs, ...); laws with independent
entries hold for any other layout of the same array.
"""
import jax
import jax.numpy as jnp
from jax.nn import initializers as init
${helpers.join("")}
INITIALISERS = {
${rows.join("\n")}
}

SHAPES = {
${shapes.join("\n")}
}


def initialise(key, dtype=jnp.float32):
    keys = jax.random.split(key, len(SHAPES))
    return {name: INITIALISERS[name](k, SHAPES[name], dtype) for k, name in zip(keys, SHAPES)}
`;
}

const jaxUniform = `

def uniform(bound):
    return lambda key, shape, dtype=jnp.float32: jax.random.uniform(key, shape, dtype, -bound, bound)

`;

const jaxSigns = `

def signs(size):
    def draw(key, shape, dtype=jnp.float32):
        axis = next((i for i, n in enumerate(shape) if n > 1), 0)
        row = jnp.where(2 * jnp.arange(shape[axis]) < shape[axis], size, -size).astype(dtype)
        return jnp.broadcast_to(row.reshape([n if i == axis else 1 for i, n in enumerate(shape)]), shape)

    return draw

`;
