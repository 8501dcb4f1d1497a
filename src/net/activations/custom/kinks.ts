/**
 * @file Where a `custom` activation has kinks: where the argument of abs, sign, relu or step, or the difference of the two of
 * min or max, changes sign. Found by a scan of [-100, 100] in steps of 0.01 and bisection; kinks beyond, and pairs closer than a
 * step, are to be listed by hand (`kinks` in the JSON form).
 */
import { type Expression, subtrees } from "./ast.ts";
import { functions } from "./functions.ts";
import { compileValue } from "./jet.ts";

const REACH = 100;
const STEPS_PER_UNIT = 100;

/** Ascending. */
export function kinksOf(expression: Expression): number[] {
  const found = switches(expression).flatMap(signChanges);
  return [...new Set(found)].sort((a, b) => a - b);
}

/** The functions of x at whose zeros the expression changes its formula. */
function switches(expression: Expression): ((x: number) => number)[] {
  return subtrees(expression).flatMap((part) => {
    if (part.op !== "call") return [];
    const [a, b] = part.args.map(compileValue);
    if (b !== undefined) return [(x: number) => a!(x) - b(x)];
    return functions[part.name]!.kinked ? [a!] : [];
  });
}

function signChanges(u: (x: number) => number): number[] {
  const zeros: number[] = [];
  let before = Math.sign(u(-REACH));
  let at = -REACH;
  for (let i = 1 - REACH * STEPS_PER_UNIT; i <= REACH * STEPS_PER_UNIT; i++) {
    const x = i / STEPS_PER_UNIT;
    const here = Math.sign(u(x));
    if (here === 0) continue;
    if (before * here < 0) zeros.push(zeroBetween(u, at, x));
    before = here;
    at = x;
  }
  return zeros;
}

/** By bisection; exact where u vanishes at a point of the scan. */
function zeroBetween(u: (x: number) => number, low: number, high: number): number {
  const middle = (low + high) / 2;
  const onGrid = Math.round(middle * STEPS_PER_UNIT) / STEPS_PER_UNIT;
  if (onGrid > low && onGrid < high && u(onGrid) === 0) return onGrid;
  const rising = Math.sign(u(high));
  let [left, right] = [low, high];
  for (let step = 0; step < 60; step++) {
    const x = (left + right) / 2;
    const sign = Math.sign(u(x));
    if (sign === 0) return x;
    if (sign === rising) right = x;
    else left = x;
  }
  return (left + right) / 2;
}
