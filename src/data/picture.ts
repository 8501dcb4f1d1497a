/**
 * @file One PNG or JPEG as bytes in planes. Grey pictures have one channel, colours three; 16 bits become 8; palettes become
 * colours; transparent pixels are drawn on black. Sizes are read from the header and bounded before anything is decoded.
 */
import { convertIndexedToRgb, type DecodedPng, decode as decodePng, hasPngSignature } from "fast-png";
import { Unzlib } from "fflate";
import { decode as decodeJpeg } from "jpeg-js";
import { FathomError } from "../tensor/index.ts";

export interface PictureSize {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Pixels in planes, [channels, height, width]. */
export interface Picture extends PictureSize {
  readonly data: Uint8Array;
}

/** Offset of a PNG's colour type. */
const COLOUR_TYPE = 25;
/** Larger pictures are no inputs of a network here. */
const MAX_PIXELS = 2 ** 24;

/**
 * What the header says.
 * @throws FathomError bad-file for what is no PNG or JPEG; too-large beyond 16 Mi pixels.
 */
export function pictureSize(bytes: Uint8Array, where: string): PictureSize {
  const size = isPng(bytes) ? pngSize(bytes) : jpegSize(bytes);
  if (size === undefined)
    throw badPicture(where, "The file is no PNG or JPEG picture, or its header is damaged.");
  const pixels = size.width * size.height;
  if (pixels > 0 && pixels <= MAX_PIXELS) return size;
  if (pixels === 0) throw badPicture(where, "The picture has no pixels.");
  throw new FathomError({
    code: "too-large",
    where,
    message: `The picture claims ${size.width} × ${size.height} pixels; up to ${MAX_PIXELS} are read.`,
    hint: "Make it smaller.",
  });
}

/**
 * Decodes a picture.
 * @throws FathomError as `pictureSize`; bad-file for data that are damaged, cut short or unpack to more than the picture.
 * @example const { data, channels } = decodePicture(await readFile("cat.png"), "cat.png");
 */
export function decodePicture(bytes: Uint8Array, where: string): Picture {
  const size = pictureSize(bytes, where);
  try {
    return isPng(bytes) ? png(bytes, size, where) : jpeg(bytes, size);
  } catch (cause) {
    if (cause instanceof FathomError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw badPicture(where, `The picture is damaged or cut short: ${reason}.`, cause);
  }
}

function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && hasPngSignature(bytes);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Width, height and colour type stand in the first chunk: 0 grey, 4 grey with alpha; others are colours. */
function pngSize(bytes: Uint8Array): PictureSize | undefined {
  if (bytes.length < 33) return undefined;
  const view = viewOf(bytes);
  const channels = [0, 4].includes(bytes[COLOUR_TYPE]!) ? 1 : 3;
  return { width: view.getUint32(16), height: view.getUint32(20), channels };
}

/** The frame header (SOF): height, width and the number of components. */
function jpegSize(bytes: Uint8Array): PictureSize | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const view = viewOf(bytes);
  for (let at = 2; at + 10 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const channels = bytes[at + 9] === 1 ? 1 : 3;
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), channels };
    }
    // Fill bytes, and markers without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
}

function png(bytes: Uint8Array, size: PictureSize, where: string): Picture {
  const packed = imageData(bytes, where);
  checkUnpacked(packed, size, where);
  const decoded = decodePng(bytes, { checkCrc: true });
  const indexed = bytes[COLOUR_TYPE] === 3;
  if (indexed && decoded.palette === undefined) throw new Error("it has no palette");
  const { data, channels, depth } = decoded.palette === undefined ? unpackedBits(decoded) : paletted(decoded);
  const shift = depth === 16 ? 8 : 0;
  const alpha = channels === 2 || channels === 4 ? channels - 1 : undefined;
  return planes(size, (pixel, channel) => {
    const at = pixel * channels;
    const value = data[at + Math.min(channel, channels - 1)]! >> shift;
    return alpha === undefined ? value : Math.round((value * (data[at + alpha]! >> shift)) / 255);
  });
}

function paletted(decoded: DecodedPng) {
  const data = convertIndexedToRgb(decoded);
  return { data, channels: data.length / (decoded.width * decoded.height), depth: 8 };
}

/** Grey of 1, 2 or 4 bits a pixel, rows padded to whole bytes, as full bytes. */
function unpackedBits({ data, channels, depth, width, height }: DecodedPng) {
  if (depth >= 8) return { data, channels, depth };
  const out = new Uint8Array(width * height);
  const perRow = Math.ceil((width * depth) / 8);
  const most = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * perRow + (bit >> 3)]!;
      out[y * width + x] = Math.round((255 * ((byte >> (8 - depth - (bit & 7))) & most)) / most);
    }
  }
  return { data: out, channels, depth: 8 };
}

/** The packed pixels (IDAT chunks); chunks that unpack by themselves (colour profiles, texts) are not wanted. */
function imageData(bytes: Uint8Array, where: string): Uint8Array[] {
  const view = viewOf(bytes);
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) break;
    if (type === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
    if (type === "iCCP" && length > 2 ** 20)
      throw badPicture(where, "Its colour profile is larger than 1 MiB.");
    if (type === "IEND") break;
    at += 12 + length;
  }
  return parts;
}

/** Refuses data that unpack to more than the picture can have: 8 bytes a pixel and a byte for each row, interlaced or not. */
function checkUnpacked(parts: readonly Uint8Array[], { width, height }: PictureSize, where: string): void {
  const most = 8 * width * height + 8 * (width + height) + 64;
  let unpacked = 0;
  const unzlib = new Unzlib((chunk) => {
    unpacked += chunk.length;
    if (unpacked > most)
      throw badPicture(where, `Its data unpack to more than its ${width} × ${height} pixels.`);
  });
  for (const part of parts) {
    for (let from = 0; from < part.length; from += 32_768) unzlib.push(part.subarray(from, from + 32_768));
  }
}

function jpeg(bytes: Uint8Array, size: PictureSize): Picture {
  const { data, width, height } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: 17,
    maxMemoryUsageInMB: 512,
  });
  if (width !== size.width || height !== size.height) throw new Error("its frames differ in size");
  return planes(size, (pixel, channel) => data[3 * pixel + channel]!);
}

function planes(size: PictureSize, value: (pixel: number, channel: number) => number): Picture {
  const area = size.width * size.height;
  const data = new Uint8Array(size.channels * area);
  for (let c = 0; c < size.channels; c++) {
    for (let i = 0; i < area; i++) data[c * area + i] = value(i, c);
  }
  return { ...size, data };
}

function badPicture(where: string, message: string, cause?: unknown): FathomError {
  const hint = "Remove the file, or write it again as an 8-bit PNG or JPEG.";
  return new FathomError({ code: "bad-file", where, message, hint, cause });
}
