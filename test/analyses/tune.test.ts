/** @file Tuning as a question: JSON, methods, refusals, and initialisation code that other frameworks run. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tune } from "../../src/analyses/index.ts";
import { emit } from "../../src/analyses/tune/emit.ts";
import { emitFactors } from "../../src/analyses/tune/factors.ts";
import { type Net, parseNet, parseNetText } from "../../src/net/index.ts";
import { nonFinite } from "./non-finite.ts";

const asked = { seed: 0, command: "fathom tune" };
const small = parseNetText("mlp:depth=4,width=48,activation=tanh,sw2=90,in=16");

const peers = join(import.meta.dirname, "../../bench/peers/.venv/bin/python");
const anyPython = ["python3", peers].find((path) => spawnSync(path, ["--version"]).status === 0);

interface Answer {
  readonly gains: readonly { readonly layer: string; readonly weight: number; readonly sw2: number }[];
  readonly before: { readonly J: readonly number[]; readonly lnJ: readonly number[] };
  readonly after: { readonly J: readonly number[]; readonly se: readonly number[] };
  readonly critical: boolean;
  readonly net: unknown;
}

async function answer(net: Net, method: "sweep" | "theory"): Promise<Answer> {
  return (await tune({ ...asked, net, method })).json as unknown as Answer;
}

describe("tune", () => {
  it("gives gains by layer, J before and after, and a network that is read back", async () => {
    const { json, document } = await tune({ ...asked, net: small, method: "sweep", emit: "json" });
    const found = json as unknown as Answer & { readonly code: string };
    expect(found.gains.length).toBe(5);
    expect(found.before.J[3]).toBeGreaterThan(10);
    expect(found.critical).toBe(true);
    const net = parseNet(found.net);
    expect(net).toEqual(parseNetText(found.code));
    const first = net.layers.find(({ kind }) => kind === "dense");
    expect(first).toMatchObject({ sw2: found.gains[0]!.sw2 });
    expect(nonFinite(json)).toEqual([]);
    expect(nonFinite(document)).toEqual([]);
  });

  it("is at the critical point of theory with the method theory", async () => {
    const net = parseNetText("mlp:depth=4,width=48,activation=erf,sw2=9,in=16");
    const { gains } = await answer(net, "theory");
    // erf: sw2 = π/4 (criticality.md §3).
    for (const { sw2 } of gains.slice(1)) expect(sw2).toBeCloseTo(Math.PI / 4, 10);
  });

  it("leaves the input open where the network does", async () => {
    const net = parseNetText("mlp:depth=2,width=32,activation=relu");
    expect((await answer(net, "theory")).net).not.toHaveProperty("input");
  });

  it("answers without numbers where depth leaves float64", async () => {
    const net = parseNetText("mlp:depth=12,width=8,activation=relu,sw2=1e60,in=4");
    const { json } = await tune({ ...asked, net, method: "theory" });
    expect(nonFinite(json)).toEqual([]);
  });

  it("says why theory does not reach a network", async () => {
    const mixed = parseNet({
      fathom: 1,
      input: { kind: "vector", shape: [8] },
      layers: [8, 9, 10].map((width) => ({ kind: "dense", width })),
    });
    const error = { code: "unsupported", where: "method" };
    await expect(tune({ ...asked, net: mixed, method: "theory" })).rejects.toMatchObject(error);
    const one = parseNetText("mlp:depth=0,in=4");
    await expect(tune({ ...asked, net: one, method: "sweep" })).rejects.toMatchObject({ code: "bad-input" });
  });
});

/** Every law: normal, orthogonal, uniform, signs, constants; a kernel; a normalisation. */
const manyLaws = parseNet({
  fathom: 1,
  input: { kind: "image", shape: [2, 4, 4] },
  init: "haar",
  layers: [
    { kind: "conv", channels: 48, kernel: 3, sw2: 1.5, sb2: 0.25 },
    { kind: "activation", activation: "relu" },
    { kind: "flatten" },
    { kind: "dense", width: 64, sw2: 2, parameters: { weight: { init: "uniform" } } },
    { kind: "layerNorm", affine: true },
    { kind: "dense", width: 48, sw2: 3 },
    { kind: "dense", width: 10, parameters: { weight: { init: "signs", trainable: false } } },
  ],
});

/** One Python for all claims: what takes time is the import of torch. Standard input holds the codes as JSON. */
const torchChecks = `
import json, math, sys
import torch
nn = torch.nn
close = lambda value, ref, tol: abs(value / ref - 1) < tol or sys.exit(f"{value} is not {ref}")
codes = json.load(sys.stdin)
def run(name):
    namespace = {}
    exec(codes[name], namespace)
    return namespace

def laws():
    initialise = run("laws")["initialise"]
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(2, 48, 3, padding="same"), nn.ReLU(), nn.Flatten(), nn.Linear(768, 64, bias=False),
                        nn.LayerNorm(64), nn.Linear(64, 48), nn.Linear(48, 10, bias=False))
    initialise(net)
    conv, dense, norm, haar, signs = net[0], net[3], net[4], net[5], net[6]
    close(conv.weight.var().item(), 1.5 / 18, 0.15)
    close(conv.bias.var().item(), 0.25, 0.7)
    close(dense.weight.var().item(), 2 / 768, 0.05)
    assert dense.weight.abs().max() <= math.sqrt(3 * 2 / 768) + 1e-6
    assert (norm.weight == 1).all() and (norm.bias == 0).all()
    product = haar.weight @ haar.weight.T
    assert torch.allclose(product, torch.eye(48) * 3, atol=1e-4), product
    assert torch.allclose(signs.weight.abs(), torch.tensor(1 / math.sqrt(48))) and signs.weight[0, 0] > 0 > signs.weight[-1, 0]
    try:
        initialise(nn.Linear(3, 3))
        sys.exit("a module of other shapes is accepted")
    except ValueError:
        pass

def factors():
    net = nn.ModuleDict({"head": nn.Linear(2, 3)})
    before = [p.detach().clone() for p in net.parameters()]
    run("factors")["rescale"](net)
    assert torch.allclose(net["head"].weight, before[0] * 0.25) and torch.allclose(net["head"].bias, before[1] * 3)

def jacobian():
    """J(1, l) of tanh layers over fresh modules."""
    initialise = run("tuned")["initialise"]
    torch.manual_seed(1)
    values = []
    for _ in range(8):
        layers = [nn.Linear(16, 48), *[m for _ in range(3) for m in (nn.Tanh(), nn.Linear(48, 48))], nn.Tanh(), nn.Linear(48, 10)]
        net = initialise(nn.Sequential(*layers))
        h = net[0](torch.randn(16))
        J = torch.autograd.functional.jacobian(net[1:7], h.detach())
        values.append((J ** 2).sum().item() / 48)
    return sum(values) / len(values)

laws()
factors()
print(jacobian())
`;

function runPython(python: string, script: string, code: string) {
  // Small arrays: on busy cores a second thread of torch waits more than it works.
  const env = { ...process.env, OMP_NUM_THREADS: "1" };
  return spawnSync(python, ["-c", script], { input: code, encoding: "utf8", env });
}

describe("initialisation code", () => {
  it("is text that names every layer", () => {
    const net = parseNetText("mlp:depth=1,width=4,activation=relu,sw2=2,in=2,out=3");
    const code = emit(net, "pytorch", "A title");
    expect(code).toContain('    ("0.weight", (4, 2), "normal", 1.0),  # layers[0] (dense)\n');
    expect(code).toContain('    ("2.weight", (3, 4), "normal", 0.70710678),  # layers[2] (dense)\n');
    expect(emit(net, "jax", "A title")).toContain(
      '    "2.weight": init.normal(0.70710678),  # (3, 4) layers[2] (dense)\n',
    );
    expect(parseNetText(emit(net, "json", ""))).toEqual(net);
  });

  it("holds effective weights: the ntk parameterisation gives the same code", () => {
    const ntk = emit({ ...manyLaws, parameterisation: "ntk" }, "pytorch", "");
    expect(ntk).toBe(emit(manyLaws, "pytorch", ""));
  });

  it.skipIf(anyPython === undefined)("is Python", () => {
    const codes = (["pytorch", "jax"] as const).map((language) => emit(manyLaws, language, "T"));
    const script = "import ast, json, sys; [ast.parse(code) for code in json.load(sys.stdin)]";
    const { status, stderr } = runPython(anyPython!, script, JSON.stringify(codes));
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it.skipIf(!existsSync(peers))(
    "gives PyTorch modules the laws and the factors, refuses others, and makes them critical: J by autograd",
    async () => {
      const { json } = await tune({ ...asked, net: small, method: "sweep", emit: "pytorch" });
      const gain = { layer: "head.weight", block: "head", weight: 0.25, bias: 3, biasName: "head.bias" };
      const codes = {
        laws: emit(manyLaws, "pytorch", "T"),
        factors: emitFactors([gain], "pytorch", { title: "T" }),
        tuned: json["code"],
      };
      const { stdout, stderr, status } = runPython(peers, torchChecks, JSON.stringify(codes));
      expect(stderr).toBe("");
      expect(status).toBe(0);
      // Three layers of 48 units, eight modules: ln J scatters by about sqrt(1.7·3/48/8) = .12; four of them.
      expect(Math.abs(Math.log(Number(stdout)))).toBeLessThan(0.5);
    },
  );
});
