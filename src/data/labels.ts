/**
 * @file Class labels as files write them: whole numbers or names. 0, 1, 2, … stand for themselves; other whole numbers (−1
 * and 1, or 1 to 10) are counted from 0 in ascending order, names in order of first appearance, and the map is kept.
 */
import { FathomError } from "../tensor/index.ts";

/** More classes than this are taken for a column that holds no labels. */
export const MAX_CLASSES = 65_536;

/** The labels of a file, as codes in order of first appearance. */
export class LabelColumn {
  /** What the labels are called in messages: `column "species"`. */
  readonly #what: string;
  readonly codes: number[] = [];
  readonly #codeOf = new Map<string, number>();
  /** Where each label appears first. */
  readonly places: string[] = [];

  constructor(what: string) {
    this.#what = what;
  }

  /** Label texts by code. */
  get names(): readonly string[] {
    return [...this.#codeOf.keys()];
  }

  /** @throws FathomError bad-input, at the place, for a label that is missing or no class. */
  add(text: string, place: string): void {
    const name = this.#canonical(text.trim(), place);
    let code = this.#codeOf.get(name);
    if (code === undefined) {
      code = this.#codeOf.size;
      if (code >= MAX_CLASSES) {
        throw badLabel(place, `There are more than ${MAX_CLASSES} different labels in ${this.#what}.`);
      }
      this.#codeOf.set(name, code);
      this.places.push(place);
    }
    this.codes.push(code);
  }

  /** `+1`, `1` and `1.0` are one label. */
  #canonical(text: string, place: string): string {
    if (text === "") throw badLabel(place, `The label in ${this.#what} is missing.`);
    const value = Number(text);
    if (Number.isNaN(value)) {
      if (/^nan$/i.test(text)) throw badLabel(place, `The label in ${this.#what} is missing (${text}).`);
      return text;
    }
    if (Number.isSafeInteger(value)) return String(value);
    throw badLabel(place, `The label ${text} in ${this.#what} is no class.`);
  }
}

export interface Classes {
  readonly count: number;
  /** Texts by class; undefined where 0, 1, 2, … stand for themselves. */
  readonly names: readonly string[] | undefined;
  /** The class of each code of a column. */
  readonly ofCodes: (column: LabelColumn) => Int32Array;
}

/** The classes of the training labels. */
export function classesOf(training: LabelColumn): Classes {
  const found = training.names;
  const whole = found.every((name) => /^-?\d+$/.test(name));
  const names = whole ? found.toSorted((a, b) => Number(a) - Number(b)) : found;
  const classOf = new Map(names.map((name, i) => [name, i]));
  const plain = names.every((name, i) => name === String(i));
  return {
    count: names.length,
    names: plain ? undefined : names,
    ofCodes: (column) => {
      const classOfCode = column.names.map((name, code) => {
        const known = classOf.get(name);
        if (known !== undefined) return known;
        throw badLabel(
          column.places[code]!,
          `No training row has the label ${JSON.stringify(name)}.`,
          `The training part has ${shown(names)}.`,
        );
      });
      return Int32Array.from(column.codes, (code) => classOfCode[code]!);
    },
  };
}

function shown(names: readonly string[]): string {
  return names.slice(0, 12).join(", ") + (names.length > 12 ? ", …" : "");
}

function badLabel(
  where: string,
  message: string,
  hint = "Labels are whole numbers or names of classes; name the right column or field as the label.",
): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}
