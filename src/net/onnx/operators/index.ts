/** @file All operators of ONNX that Fathom reads, by name (engine.md §5). */
import { batchNormalisationOperators } from "./batch-normalisation.ts";
import { convolutionOperators } from "./convolution.ts";
import { elementwiseOperators } from "./elementwise.ts";
import { indexingOperators } from "./indexing.ts";
import { linearOperators } from "./linear.ts";
import { movementOperators } from "./movement.ts";
import { normalisationOperators } from "./normalisation.ts";
import type { Operator } from "./operator.ts";
import { poolingOperators } from "./pooling.ts";
import { reductionOperators } from "./reduction.ts";
import { shapeOperators } from "./shape.ts";

export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    batchNormalisationOperators,
    convolutionOperators,
    elementwiseOperators,
    indexingOperators,
    linearOperators,
    movementOperators,
    normalisationOperators,
    poolingOperators,
    reductionOperators,
    shapeOperators,
  ].flatMap(Object.entries),
);
