/**
 * @file The question `fathom isometry` asks: weights, variances and input scale under which the Jacobian of a deep network is
 * nearly an isometry, as a network to start from (criticality.md §10).
 */
import { type ActivationSpec, activationText, parseNet, scalarHalf } from "../../net/index.ts";
import {
  type IsometryRecipe,
  isometryRecipe,
  lostShare,
  noIsometryReason,
  type ScalarActivation,
  uniformSpectrum,
} from "../../theory/index.ts";
import { sectionOf } from "../analysis.ts";
import type { Advice, Outcome } from "../document.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { concludeSpectrum, spectrumSource } from "../spectrum/conclude.ts";
import { predictSpectrum } from "../spectrum/theory.ts";
import { LOST } from "../spectrum/words.ts";
import { counted, percent, significant } from "../words.ts";

export interface IsometryQuestion extends Asked {
  readonly activation: ActivationSpec;
  /** Hidden layers. */
  readonly depth: number;
  /** Wanted variance of the eigenvalues of J Jᵀ; 0.25 unless said. */
  readonly sigma2?: number;
  /** Units of the network that is written; 256 unless said. */
  readonly width?: number;
}

const source = {
  ...spectrumSource,
  id: "isometry",
  title: "Dynamical isometry",
  question: "Under which initialisation does every direction keep its length through the depth?",
} as const;

/** Digits of variances that are written out: those of the recipe's root finding. */
const DIGITS = 10;

/**
 * The recipe of dynamical isometry, or why there is none.
 * @returns `possible`, and with it `q`, `sw2`, `sb2`, `edge`, `variance`, `lost`, `weights`, the spectrum's fields, `net` (JSON).
 * @throws FathomError bad-input for a depth below 1 or a sigma2 that is not > 0, unsupported for an activation without slope.
 * @example isometry({ activation: { kind: "erf" }, depth: 100, seed: 0, command: "fathom isometry …" }).json.q // 0.018984499
 */
export function isometry(asked: IsometryQuestion): Outcome {
  const start = performance.now();
  const { depth, sigma2 = 0.25 } = asked;
  const activation = scalarHalf(asked.activation);
  const recipe = isometryRecipe({ activation, depth, sigma2 });
  const found =
    recipe === undefined
      ? impossible(noIsometryReason({ activation, depth, sigma2 })!)
      : possible(asked, activation, recipe);
  return {
    json: { activation: activationText(asked.activation), depth, sigma2, ...found.json },
    document: {
      title: source.title,
      subject: `${counted(depth, "hidden layer")} of ${activationText(asked.activation)}, σ0² = ${sigma2}`,
      facts: [],
      notApplicable: [],
      ...found.document,
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

type Found = Pick<Outcome, "json"> & {
  readonly document: Pick<Outcome["document"], "verdict" | "advice" | "sections">;
};

function impossible(because: string): Found {
  const notes = ["Gaussian weights reach no isometry with any activation: each adds 1 to the variance."];
  return {
    json: { possible: false, because, q: null, sw2: null, sb2: null, edge: null },
    document: {
      verdict: { sentence: `No dynamical isometry: ${because}`, tone: "warn" },
      advice: [],
      sections: [sectionOf(source, { findings: [], figures: [], numbers: [], notes, json: {} })],
    },
  };
}

function possible(asked: IsometryQuestion, activation: ScalarActivation, recipe: IsometryRecipe): Found {
  const { q, sw2, sb2, edge, variance } = recipe;
  const predicted = predictSpectrum(
    uniformSpectrum({ activation, depth: asked.depth, q, sw2, weights: "haar" }),
  );
  const conclusion = concludeSpectrum(predicted);
  const lost = lostShare(predicted.spectrum);
  const net = netOf(asked, recipe);
  const loses =
    lost < LOST ? "" : `, yet ${percent(lost)} of the directions shrink below a tenth of their length`;
  return {
    json: { possible: true, weights: "haar", q, sw2, sb2, edge, variance, lost, net, ...conclusion.json },
    document: {
      verdict: {
        sentence: `Orthogonal weights with σw² = ${significant(sw2, 6)}, σb² = ${significant(sb2)} and K¹ = q = ${significant(q)}: eigenvalues of J Jᵀ have mean 1 and variance ${significant(variance)}${loses}.`,
        tone: lost < LOST ? "good" : "warn",
      },
      advice: [advice(recipe, lost)],
      sections: [sectionOf(source, conclusion)],
    },
  };
}

function advice({ q, sw2, sb2, variance }: IsometryRecipe, lost: number): Advice {
  const first = firstLayer(q, sb2);
  return {
    about: "initialisation",
    what: `init: haar; hidden layers: σw² = ${significant(sw2, 6)} (gain ${significant(Math.sqrt(sw2), 5)}), σb² = ${significant(sb2)}; first layer: σw² = ${significant(first, 6)} for inputs of second moment 1.`,
    why:
      lost < LOST
        ? `There φ' hardly varies: each layer adds little to the variance ${significant(variance)} of the squared singular values, and χ_J = 1.`
        : "There χ_J = 1. Directions are lost where φ' is near 0: a smaller --sigma2 or a smooth odd activation (erf, tanh) loses fewer.",
    evidence: "theory of infinite width, S-transforms",
    expected:
      lost < LOST
        ? "all directions of a gradient keep their length within a small factor"
        : `most directions of a gradient keep their length; ${percent(lost)} shrink below a tenth of it`,
  };
}

/** σw² of the first layer that gives K¹ = q on inputs of second moment 1. */
function firstLayer(q: number, sb2: number): number {
  return Math.max(0, q - sb2);
}

const written = (value: number) => Number(value.toPrecision(DIGITS));

/** The recipe as a network description, checked by reading it. */
function netOf(
  { activation, depth, width = 256 }: IsometryQuestion,
  { q, sw2, sb2 }: IsometryRecipe,
): object {
  const dense = (variance: number) => ({ kind: "dense", width, sw2: written(variance), sb2: written(sb2) });
  const phi = { kind: "activation", activation };
  const hidden = { kind: "repeat", times: depth - 1, layers: [phi, dense(sw2)] };
  const net = {
    fathom: 1,
    init: "haar",
    layers: [
      dense(firstLayer(q, sb2)),
      ...(depth > 1 ? [hidden] : []),
      phi,
      { kind: "dense", width: 10, sw2: 1 },
    ],
  };
  parseNet(net);
  return net;
}
