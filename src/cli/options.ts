/** @file Values of options: numbers with bounds and grids `a:b:n`, refused with the option's name. */
import { badUsage } from "./errors.ts";

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** The lower bound itself is refused. */
  readonly above?: number;
}

function boundsText({ min, max, above }: Bounds): string {
  const parts = [
    above === undefined ? "" : `above ${above}`,
    min === undefined ? "" : `${min} or more`,
    max === undefined ? "" : `at most ${max}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `, ${parts.join(", ")}`;
}

function isWithin(value: number, { min = -Infinity, max = Infinity, above = -Infinity }: Bounds): boolean {
  return value >= min && value <= max && value > above;
}

/** Digits, a point, an exponent: nothing that only `Number` takes (empty text, 0x10, Infinity). */
function readNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/**
 * A parser for a number within bounds.
 * @example numberOption("--mu", { min: 0, max: 1 })("0.5") // 0.5
 */
export function numberOption(name: string, bounds: Bounds = {}): (text: string) => number {
  return (text) => {
    const value = readNumber(text);
    if (Number.isFinite(value) && isWithin(value, bounds)) return value;
    throw badUsage(`${name} is "${text}".`, name, `Give a finite number${boundsText(bounds)}.`);
  };
}

/**
 * A parser for a whole number within bounds.
 * @example integerOption("--threads", { min: 1 })("2") // 2
 */
export function integerOption(name: string, bounds: Bounds = {}): (text: string) => number {
  return (text) => {
    const value = readNumber(text);
    if (Number.isSafeInteger(value) && isWithin(value, bounds)) return value;
    throw badUsage(`${name} is "${text}".`, name, `Give a whole number${boundsText(bounds)}.`);
  };
}

/** Powers of 1000, in letters of either size. */
const unitsOfBytes = { "": 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const;

/**
 * A parser for a number of bytes.
 * @example bytesOption("--limit")("20GB") // 2e10
 */
export function bytesOption(name: string): (text: string) => number {
  return (text) => {
    const [, number = "", unit = ""] = /^([\d.]+) ?(B|KB|MB|GB|TB|)$/i.exec(text.trim()) ?? [];
    const bytes = readNumber(number) * unitsOfBytes[unit.toUpperCase() as keyof typeof unitsOfBytes];
    if (Number.isFinite(bytes)) return bytes;
    throw badUsage(`${name} is "${text}".`, name, "Give bytes, or a number of kB, MB, GB or TB, as 20GB.");
  };
}

/** A parser for one of a few names. */
export function choiceOption<T extends string>(name: string, choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((known) => known === text);
    if (choice !== undefined) return choice;
    throw badUsage(`${name} is "${text}".`, name, `Give one of ${choices.join(", ")}.`);
  };
}

/** The most points along one side of a grid. */
const maxGrid = 2000;

/**
 * A parser for `a:b:n`, n evenly spaced values from a to b; one number is a grid of one.
 * @example gridOption("--sw2")("0:4:3") // [0, 2, 4]
 */
export function gridOption(name: string): (text: string) => number[] {
  return (text) => {
    const parts = text.split(":").map(readNumber);
    const [from, to = from, count = 1] = parts as [number, number?, number?];
    const isRange =
      parts.length === 3 && from <= to! && Number.isInteger(count) && count >= 1 && count <= maxGrid;
    if (!(parts.length === 1 || isRange) || !(from >= 0) || !Number.isFinite(to!)) {
      throw badUsage(
        `${name} is "${text}".`,
        name,
        `Give first:last:count, as 0.5:4:36: variances of 0 or more, first ≤ last, at most ${maxGrid} values.`,
      );
    }
    if (count === 1) return [from];
    return Array.from({ length: count }, (_, index) => from + ((to! - from) * index) / (count - 1));
  };
}
