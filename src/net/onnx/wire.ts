/**
 * @file A look over the bytes of a model before it is decoded: lengths, nesting and numbers of parts, without recursion and
 * without memory. Two bytes of a hostile file can stand for an object of several hundred, so parts are counted first.
 */
import { modelError } from "./errors.ts";

/** Graphs inside nodes (If, Loop, Scan) nest at most this deep (engine.md §4). */
const MAX_GRAPHS = 8;
/** Nodes, attributes, names, shapes and the like in one model; a network of 10,000 layers has some 300,000. */
const MAX_PARTS = 2 ** 20;
/** Bytes of integers that are not raw data: each may become an object of its own. */
const MAX_VARINTS = 2 ** 24;

type Message =
  | "model"
  | "graph"
  | "node"
  | "attribute"
  | "tensor"
  | "sparse"
  | "info"
  | "type"
  | "tensorType"
  | "shape"
  | "function"
  | "training";
type Field = Message | "bytes" | "varints";

/** The fields of ONNX's messages by number (onnx.proto); what is not listed is counted by its length. */
const fields: Readonly<Record<Message, Readonly<Record<number, Field>>>> = {
  model: {
    2: "bytes",
    3: "bytes",
    4: "bytes",
    6: "bytes",
    7: "graph",
    8: "bytes",
    14: "bytes",
    20: "training",
    25: "function",
  },
  graph: {
    1: "node",
    2: "bytes",
    5: "tensor",
    10: "bytes",
    11: "info",
    12: "info",
    13: "info",
    15: "sparse",
    16: "bytes",
  },
  node: {
    1: "bytes",
    2: "bytes",
    3: "bytes",
    4: "bytes",
    5: "attribute",
    6: "bytes",
    7: "bytes",
    8: "bytes",
    9: "bytes",
  },
  attribute: {
    1: "bytes",
    4: "bytes",
    5: "tensor",
    6: "graph",
    7: "bytes",
    8: "varints",
    9: "bytes",
    10: "tensor",
    11: "graph",
    13: "bytes",
    14: "type",
    15: "type",
    21: "bytes",
    22: "sparse",
    23: "sparse",
  },
  tensor: {
    1: "varints",
    4: "bytes",
    5: "varints",
    6: "bytes",
    7: "varints",
    8: "bytes",
    9: "bytes",
    10: "bytes",
    11: "varints",
    12: "bytes",
    13: "bytes",
    16: "bytes",
  },
  sparse: { 1: "tensor", 2: "tensor", 3: "varints" },
  info: { 1: "bytes", 2: "type", 3: "bytes", 4: "bytes" },
  type: { 1: "tensorType", 6: "bytes" },
  tensorType: { 2: "shape" },
  shape: { 1: "bytes" },
  function: {
    1: "bytes",
    4: "bytes",
    5: "bytes",
    6: "bytes",
    7: "node",
    8: "bytes",
    11: "attribute",
    12: "info",
    14: "bytes",
  },
  training: { 1: "graph", 2: "graph" },
};

interface Frame {
  readonly message: Message;
  readonly end: number;
  /** Graphs around this place. */
  readonly graphs: number;
}

function truncated(at: number): Error {
  return modelError({ message: `The file is no ONNX model: it breaks off or is damaged at byte ${at}.` });
}

/** Reads the numbers of a protobuf message. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A variable-length integer; what exceeds 2^53 is no length and is only skipped. */
  varint(end: number): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (this.at >= end) throw truncated(this.at);
      const byte = this.#bytes[this.at++]!;
      value += (byte & 127) * 128 ** i;
      if (byte < 128) return value;
    }
    throw truncated(this.at);
  }

  skip(length: number, end: number): void {
    if (!(length <= end - this.at)) throw truncated(this.at);
    this.at += length;
  }
}

/** How much a model holds. */
class Count {
  #parts = 0;
  #varints = 0;

  parts(more: number): void {
    this.#parts += more;
    if (this.#parts <= MAX_PARTS) return;
    throw modelError({
      code: "too-large",
      message: `The model has more than ${MAX_PARTS} parts (nodes, attributes, names, shapes).`,
      hint: "Export the layers as fewer operators, or without the shapes of inner values.",
    });
  }

  varints(more: number): void {
    this.#varints += more;
    if (this.#varints <= MAX_VARINTS) return;
    throw modelError({
      code: "too-large",
      message: `The model lists more than ${MAX_VARINTS} bytes of integers one by one.`,
      hint: "Export tensors as raw data.",
    });
  }
}

/**
 * Walks the messages of a model.
 * @throws FathomError bad-file for bytes that are no message, too-large for more parts or deeper graphs than the bounds.
 */
export function scanModel(bytes: Uint8Array): void {
  const reader = new Reader(bytes);
  const count = new Count();
  const open: Frame[] = [{ message: "model", end: bytes.length, graphs: 0 }];
  for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
    if (reader.at === frame.end) open.pop();
    else scanField(reader, frame, count, open);
  }
}

/** Wire types of protobuf: what follows the tag of a field. */
const wireTypes = { varint: 0, eightBytes: 1, delimited: 2, fourBytes: 5 } as const;

function scanField(reader: Reader, frame: Frame, count: Count, open: Frame[]): void {
  const { end, message } = frame;
  const tag = reader.varint(end);
  const [number, wire] = [Math.floor(tag / 8), tag % 8];
  count.parts(1);
  if (wire === wireTypes.varint) reader.varint(end);
  else if (wire === wireTypes.eightBytes) reader.skip(8, end);
  else if (wire === wireTypes.fourBytes) reader.skip(4, end);
  else if (wire === wireTypes.delimited)
    scanDelimited(reader, { frame, field: fields[message][number] }, count, open);
  else throw truncated(reader.at);
}

/** A field with a length: opened where it is a message, counted and passed over otherwise. */
function scanDelimited(
  reader: Reader,
  { frame: { end, graphs }, field }: { readonly frame: Frame; readonly field: Field | undefined },
  count: Count,
  open: Frame[],
): void {
  const length = reader.varint(end);
  if (!(length <= end - reader.at)) throw truncated(reader.at);
  if (field === "varints") count.varints(length);
  else if (field === undefined) count.parts(length / 2);
  if (field === undefined || field === "bytes" || field === "varints") {
    reader.skip(length, end);
    return;
  }
  const inside = field === "graph" ? graphs + 1 : graphs;
  if (inside > MAX_GRAPHS + 1) throw tooDeep();
  open.push({ message: field, end: reader.at + length, graphs: inside });
}

function tooDeep(): Error {
  return modelError({
    code: "too-large",
    message: `Graphs inside nodes (If, Loop, Scan) nest more than ${MAX_GRAPHS} deep.`,
    hint: "Export the model without control flow, for example by tracing it.",
  });
}
