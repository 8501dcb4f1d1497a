/**
 * @file Einsum: sums of products named by letters, as a chain of matrix products. Each letter of a pair of operands is a batch
 * axis (in both, and wanted later), a row or column (in one of them), or summed (in both, and wanted no more).
 */
import { matmul, reduceSum, reshape, type Tensor, transpose } from "../../../expr/index.ts";
import { sizeOf } from "../../../tensor/index.ts";
import type { OnnxNode } from "../node.ts";

/** A tensor whose axes carry letters. */
interface Labelled {
  readonly letters: readonly string[];
  readonly tensor: Tensor;
}

/** Sums of products over the letters that the result does not name: "bqd,bkd->bqk". */
export function einsum(node: OnnxNode): Tensor {
  const { operands, result } = parseEquation(node);
  const sizes = new Map<string, number>();
  for (const { letters, tensor } of operands) {
    for (const [axis, letter] of letters.entries()) {
      const n = tensor.shape[axis]!;
      if ((sizes.get(letter) ?? n) !== n) {
        throw node.error(`the letter ${letter} stands for ${sizes.get(letter)} and ${n}.`);
      }
      sizes.set(letter, n);
    }
  }
  const missing = result.find((letter) => !sizes.has(letter));
  if (missing !== undefined) throw node.error(`no operand has the letter ${missing}.`);
  const [first, ...rest] = operands as [Labelled, ...Labelled[]];
  let product = first;
  rest.forEach((next, i) => {
    const later = new Set([...result, ...rest.slice(i + 1).flatMap(({ letters }) => letters)]);
    product = pairProduct(product, next, later, sizes);
  });
  return ordered(summedTo(product, new Set(result)), result);
}

function parseEquation(node: OnnxNode): { operands: Labelled[]; result: readonly string[] } {
  const equation = node.text("equation", "").replaceAll(/\s/g, "");
  const [left = "", right, ...more] = equation.split("->");
  const terms = left.split(",");
  if (more.length > 0 || terms.length !== node.operands.length || equation.length > 1000) {
    throw node.error(`"${equation.slice(0, 60)}" is no equation of ${node.operands.length} operands.`);
  }
  const ranks = terms.map((term, i) => node.tensor(i).shape.length - lettersOf(node, term).length);
  const ellipsis = Math.max(0, ...terms.map((term, i) => (term.includes("...") ? ranks[i]! : 0)));
  const operands = terms.map((term, i) => {
    const letters = expanded(node, term, term.includes("...") ? ranks[i]! : 0, ellipsis);
    const tensor = node.tensor(i);
    if (letters.length !== tensor.shape.length || new Set(letters).size !== letters.length) {
      throw node.unsupported(`"${term}" does not name each axis of rank ${tensor.shape.length} once.`);
    }
    return withoutUnits({ letters, tensor });
  });
  return {
    operands,
    result: right === undefined ? implied(operands) : expanded(node, right, ellipsis, ellipsis),
  };
}

function lettersOf(node: OnnxNode, term: string): string[] {
  const letters = [...term.replace("...", "")];
  if (letters.every((letter) => /[A-Za-z]/.test(letter))) return letters;
  throw node.error(`"${term.slice(0, 60)}" is no term of an equation.`);
}

/** The letters of a term, with names for the axes that its ellipsis stands for (aligned at the right). */
function expanded(node: OnnxNode, term: string, count: number, most: number): string[] {
  const letters = lettersOf(node, term);
  if (count < 0) throw node.error(`"${term}" has more letters than its operand has axes.`);
  const at = [...term.split("...")[0]!].length;
  const names = Array.from({ length: count }, (_, i) => `.${most - count + i}`);
  return [...letters.slice(0, at), ...names, ...letters.slice(at)];
}

/** Axes of an ellipsis that have length 1 broadcast: they are left out. */
function withoutUnits({ letters, tensor }: Labelled): Labelled {
  const kept = letters.filter((letter, axis) => !(letter.startsWith(".") && tensor.shape[axis] === 1));
  const shape = tensor.shape.filter((n, axis) => !(letters[axis]!.startsWith(".") && n === 1));
  return { letters: kept, tensor: reshape(tensor, shape) };
}

/** Without an arrow the result has the letters that occur once, in alphabetical order, after the ellipsis. */
function implied(operands: readonly Labelled[]): string[] {
  const all = operands.flatMap(({ letters }) => letters);
  const once = all.filter(
    (letter) => !letter.startsWith(".") && all.indexOf(letter) === all.lastIndexOf(letter),
  );
  const dots = [...new Set(all.filter((letter) => letter.startsWith(".")))].sort();
  return [...dots, ...once.sort()];
}

function summedTo({ letters, tensor }: Labelled, kept: ReadonlySet<string>): Labelled {
  const axes = letters.flatMap((letter, axis) => (kept.has(letter) ? [] : [axis]));
  if (axes.length === 0) return { letters, tensor };
  return { letters: letters.filter((letter) => kept.has(letter)), tensor: reduceSum(tensor, { axes }) };
}

function ordered({ letters, tensor }: Labelled, result: readonly string[]): Tensor {
  const present = result.filter((letter) => letters.includes(letter));
  const moved = transpose(
    tensor,
    present.map((letter) => letters.indexOf(letter)),
  );
  const shape = result.map((letter) => tensor.shape[letters.indexOf(letter)] ?? 1);
  return reshape(moved, shape);
}

function pairProduct(
  left: Labelled,
  right: Labelled,
  later: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): Labelled {
  const a = summedTo(left, new Set([...later, ...right.letters]));
  const b = summedTo(right, new Set([...later, ...left.letters]));
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = shared.filter((letter) => later.has(letter));
  const inner = shared.filter((letter) => !later.has(letter));
  const rows = a.letters.filter((letter) => !shared.includes(letter));
  const columns = b.letters.filter((letter) => !shared.includes(letter));
  const size = (letters: readonly string[]) => letters.map((letter) => sizes.get(letter)!);
  const matrix = (x: Labelled, groups: readonly (readonly string[])[]) =>
    reshape(ordered(x, groups.flat()), [
      ...size(groups[0]!),
      ...groups.slice(1).map((group) => sizeOf(size(group))),
    ]);
  const product = matmul(matrix(a, [batch, rows, inner]), matrix(b, [batch, inner, columns]));
  const letters = [...batch, ...rows, ...columns];
  return { letters, tensor: reshape(product, size(letters)) };
}
