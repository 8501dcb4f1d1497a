/** @file The NET argument: a JSON file, `-` for standard input, JSON text, or the one-line form (cli.md). */
import { readFile, stat } from "node:fs/promises";
import type { Net } from "../net/index.ts";
import { FathomError } from "../tensor/index.ts";
import { badUsage } from "./errors.ts";
import type { Io } from "./io.ts";

/** Bytes of a description; a million layers written out stay below. */
const maxBytes = 64 * 2 ** 20;

const forms =
  "Give a JSON file, - for standard input, or one line such as mlp:depth=30,width=128,activation=tanh,sw2=1,sb2=0.";

/** Where a network's text came from, and the text. */
interface Source {
  readonly name: string;
  readonly text: string;
}

function tooLarge(where: string): FathomError {
  return new FathomError({
    code: "too-large",
    message: `The description of the network is larger than ${maxBytes / 2 ** 20} MiB.`,
    where,
    hint: "Describe repeated layers with a repetition instead of writing them out.",
  });
}

async function readStandardInput(stdin: Io["stdin"]): Promise<Source> {
  if (stdin.isTTY === true) throw badUsage("Nothing is piped into standard input.", "NET", forms);
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdin) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > maxBytes) throw tooLarge("standard input");
  }
  return { name: "standard input", text: text + decoder.decode() };
}

interface Expected {
  readonly where: string;
  readonly hint: string;
}

function noFile(path: string, cause: unknown, { where, hint }: Expected): FathomError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === "ENOENT" || code === "ENOTDIR";
  return new FathomError({
    code: missing ? "not-found" : "bad-file",
    message: missing ? `There is no file ${path}.` : `${path} cannot be read: ${message}.`,
    where,
    hint,
    cause,
  });
}

async function readNetFile(path: string): Promise<Source> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw tooLarge(path);
    return { name: path, text: await readFile(path, "utf8") };
  } catch (cause) {
    throw cause instanceof FathomError ? cause : noFile(path, cause, { where: "NET", hint: forms });
  }
}

async function sourceOf(argument: string, io: Io): Promise<Source> {
  if (argument === "-") return readStandardInput(io.stdin);
  if (/^\s*\{/.test(argument) || /^[A-Za-z][\w-]+:/.test(argument)) return { name: "NET", text: argument };
  if (isOnnx(argument)) {
    throw new FathomError({
      code: "unsupported",
      message: "This command needs the description of a network; an ONNX model holds a graph and weights.",
      where: argument,
      hint: `fathom probe ${argument} and fathom survey ${argument} measure it. For the rest describe the network: ${forms}`,
    });
  }
  return readNetFile(argument);
}

/** Whether an argument names an ONNX model. */
export function isOnnx(argument: string): boolean {
  return /\.onnx$/i.test(argument);
}

const model: Expected = { where: "MODEL", hint: "Give the path of an .onnx file." };

/**
 * Refuses an ONNX model that is not there before anything else is done for it.
 * @throws FathomError not-found or bad-file.
 */
export async function checkOnnxFile(path: string): Promise<void> {
  const entry = await stat(path).catch((cause) => {
    throw noFile(path, cause, model);
  });
  if (entry.isFile()) return;
  throw badUsage(`${path} is no file.`, model.where, model.hint);
}

/**
 * The network that an argument names.
 * @throws FathomError not-found, bad-file or unsupported for the source; as `parseNetText` for its content, with the
 * source before the path in the network.
 * @example await readNetwork("examples/tanh-mlp.json", io)
 */
export async function readNetwork(argument: string, io: Io): Promise<Net> {
  const { name, text } = await sourceOf(argument, io);
  const { parseNetText } = await import("../net/index.ts");
  try {
    return parseNetText(text);
  } catch (error) {
    throw error instanceof FathomError && name !== "NET" ? located(error, name) : error;
  }
}

function located(error: FathomError, source: string): FathomError {
  const { code, message, where, hint } = error;
  const place = where === undefined ? source : `${source}: ${where}`;
  return new FathomError({
    code,
    message,
    where: place,
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
