/**
 * @file Turns what zod finds wrong with a network into a FathomError that names the path, the nearest known name and
 * what the option expects.
 */
import type { z } from "zod";
import { FathomError } from "../tensor/index.ts";
import { nearestName } from "../theory/index.ts";
import { activationKinds, findActivation } from "./activations/index.ts";
import { showPath } from "./guard.ts";
import { parameterOptionSchema } from "./options.ts";
import { layerForms } from "./registry.ts";
import { netForm } from "./schema.ts";
import { netShapeSchema } from "./shapes.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

function valueAt(json: unknown, path: Path): unknown {
  let value = json;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function show(value: unknown): string {
  if (value === undefined) return "missing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}

/** The schema of the object at a path: the network, its input, a layer or an activation. */
function objectSchemaAt(json: unknown, path: Path): z.ZodObject | undefined {
  if (path.length === 0) return netForm;
  if (path[path.length - 1] === "input" && path.length === 1) return netShapeSchema;
  if (path[path.length - 2] === "parameters") return parameterOptionSchema;
  const kind = (valueAt(json, path) as { kind?: unknown } | undefined)?.kind;
  if (typeof kind !== "string") return undefined;
  return path[path.length - 1] === "activation"
    ? findActivation(kind)?.params
    : Object.hasOwn(layerForms, kind)
      ? layerForms[kind]
      : undefined;
}

function describeOption(json: unknown, path: Path): string | undefined {
  const key = path[path.length - 1];
  const option = objectSchemaAt(json, path.slice(0, -1))?.shape[String(key)] as z.ZodType | undefined;
  return option?.description;
}

function didYouMean(name: string, known: Iterable<string>): string {
  const names = [...known];
  const near = nearestName(name, names);
  return near === undefined ? `Known: ${names.join(", ")}.` : `Did you mean "${near}"?`;
}

function unknownKind(issue: Issue, json: unknown): FathomError {
  const owner = issue.path.slice(0, -1);
  const kind = valueAt(json, issue.path);
  const isActivation = owner[owner.length - 1] === "activation";
  const noun = isActivation ? "activation" : "layer";
  const text = isActivation && kind === undefined ? valueAt(json, owner) : kind;
  const name = typeof text === "string" ? text.replace(/\(.*$/, "") : undefined;
  const known = isActivation ? activationKinds : Object.keys(layerForms);
  return new FathomError({
    code: "bad-input",
    message: name === undefined ? `This ${noun} has no kind.` : `There is no ${noun} "${name}".`,
    where: showPath(owner),
    hint: name === undefined ? `Known: ${known.join(", ")}.` : kindHint(name, known),
  });
}

/** As `didYouMean`; for a layer, also the names that other libraries have for it. */
function kindHint(name: string, known: readonly string[]): string {
  if (known === activationKinds) return didYouMean(name, known);
  const lower = name.toLowerCase();
  if (lower === "linear") return didYouMean("dense", known);
  const activation = activationKinds.find((kind) => kind.toLowerCase() === lower);
  return activation === undefined
    ? didYouMean(name, known)
    : `${activation} is an activation: {"kind": "activation", "activation": "${activation}"}.`;
}

function unknownOption(issue: Issue & { code: "unrecognized_keys" }, json: unknown): FathomError {
  const key = issue.keys[0]!;
  const schema = objectSchemaAt(json, issue.path);
  const known = Object.keys(schema?.shape ?? {}).filter((name) => name !== "kind");
  const kind = (valueAt(json, issue.path) as { kind?: unknown }).kind;
  const owner = issue.path.length === 0 ? "A network" : typeof kind === "string" ? kind : "This object";
  return new FathomError({
    code: "bad-input",
    message: `${owner} has no option "${key}".`,
    where: showPath([...issue.path, key]),
    hint: known.length === 0 ? "It has no options." : didYouMean(key, known),
  });
}

function capitalised(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

function messageOf(issue: Issue, json: unknown): string {
  const key = issue.path[issue.path.length - 1];
  const name = key === undefined ? "The network" : typeof key === "number" ? "This entry" : String(key);
  const value = valueAt(json, issue.path);
  const got = value === undefined ? "is missing" : `is ${show(value)}`;
  switch (issue.code) {
    case "custom":
      return capitalised(`${issue.message}.`);
    case "too_small":
      return Array.isArray(value)
        ? value.length === 0
          ? `${name} is empty.`
          : `${name} has length ${value.length}; it must be ${issue.minimum} or more.`
        : `${name} ${got}; it must be ${issue.minimum} or more.`;
    case "too_big":
      return Array.isArray(value)
        ? `${name} has ${value.length} entries; at most ${issue.maximum} are allowed.`
        : `${name} ${got}; it must be ${issue.inclusive === false ? `below ${issue.maximum}` : `${issue.maximum} or less`}.`;
    case "invalid_value":
      return `${name} ${got}; it must be ${issue.values.map((v) => JSON.stringify(v)).join(" or ")}.`;
    case "invalid_type": {
      const expected = { int: "a whole number", number: "a finite number", array: "a list" }[
        issue.expected as string
      ];
      return `${name} ${got}; it must be ${expected ?? `an ${issue.expected}`}.`;
    }
    case "invalid_union":
      return `${name} cannot be ${show(value)}.`;
    default:
      return `${name} ${got}: ${issue.message}.`;
  }
}

function hintOf(issue: Issue, json: unknown): string | undefined {
  if (issue.code === "invalid_value") {
    const value = valueAt(json, issue.path);
    const near = typeof value === "string" ? nearestName(value, issue.values.map(String)) : undefined;
    if (near !== undefined) return `Did you mean "${near}"?`;
  }
  for (let end = issue.path.length; end > 0; end--) {
    const description = describeOption(json, issue.path.slice(0, end));
    const owner = end === issue.path.length ? "" : `${String(issue.path[end - 1])}: `;
    if (description !== undefined) return capitalised(`${owner}${description}.`);
  }
  return undefined;
}

/** The first issue; where its object also has a misspelt option, that one, because it is likely the cause. */
function foremost(issues: readonly Issue[]): Issue {
  const first = issues[0]!;
  const owner = showPath(first.path.slice(0, -1));
  return issues.find(({ code, path }) => code === "unrecognized_keys" && showPath(path) === owner) ?? first;
}

/**
 * The error for the first thing wrong with a network.
 * @param json - the value that was validated, to show what it holds.
 */
export function errorFromIssues(issues: readonly Issue[], json: unknown): FathomError {
  const issue = foremost(issues);
  if (issue.code === "invalid_union" && issue.discriminator === "kind") return unknownKind(issue, json);
  if (issue.code === "unrecognized_keys") return unknownOption(issue, json);
  const hint = hintOf(issue, json);
  return new FathomError({
    code: "bad-input",
    message: messageOf(issue, json),
    where: showPath(issue.path) || "network",
    ...(hint === undefined ? {} : { hint }),
  });
}
