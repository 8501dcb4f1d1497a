/**
 * @file Reading zip archives in memory: the central directory (zip64 included), and one member at a time, stored or
 * deflated. Sizes are bounded before memory is spent, unpacking stops where a member outgrows its declared size, and the
 * CRC is checked. Nothing is ever written to a path of the archive.
 */
import { Inflate } from "fflate";
import { allocate } from "./array.ts";
import { crc32 } from "./crc32.ts";
import { FathomError } from "./errors.ts";

export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  /** Bytes in the archive, and unpacked. */
  readonly packed: number;
  readonly size: number;
  /** Offset of its local header. */
  readonly offset: number;
}

/** All members together, unpacked: graphs.md §10. */
const MAX_UNPACKED = 2 ** 32;
/** Unpacked bytes a packed byte; deflate itself ends at 1032. Arrays of zeros reach it honestly, so small members may. */
const MAX_RATIO = 1000;
const SMALL_MEMBER = 2 ** 24;
const SLICE = 32 * 1024;

/**
 * The members of an archive, in the order of its directory.
 * @throws FathomError bad-file when the directory is missing or damaged; too-large for an archive that claims to unpack
 * to more than 4 GiB, or to more than 1000 times its size (a zip bomb).
 */
export function readZipDirectory(bytes: Uint8Array, where: string): ZipMember[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { count, start } = findDirectory(view, where);
  const members: ZipMember[] = [];
  let at = start;
  let unpacked = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== 0x02014b50) {
      throw badZip(where, `Its directory is damaged at entry ${i + 1} of ${count}.`);
    }
    const { member, next } = readEntry(view, at, where);
    refuseBomb(member, where);
    unpacked += member.size;
    members.push(member);
    at = next;
  }
  if (unpacked > MAX_UNPACKED) throw bomb(where, `It would unpack to ${unpacked} bytes`, "4 GiB are read");
  return members;
}

/** Where the directory starts and how many entries it has, from the records at the archive's end. */
function findDirectory(view: DataView, where: string): { count: number; start: number } {
  const size = view.byteLength;
  if (size < 4 || view.getUint32(0, true) >>> 0 === 0x4d554e93) {
    throw badZip(where, size < 4 ? "It is empty." : "It is a single .npy array, not an archive of them.");
  }
  let end = size - 22;
  // The last record may be followed by a comment of up to 65,535 bytes.
  for (const last = Math.max(0, end - 65_535); end >= last; end--) {
    if (view.getUint32(end, true) === 0x06054b50) break;
  }
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) {
    throw badZip(where, "It has no zip directory: it is no zip archive, or its end is missing.");
  }
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count !== 0xffff && start !== 0xffffffff) return { count, start };
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return { count, start };
  const record = readUint64(view, locator + 8, where);
  if (record + 56 > size || view.getUint32(record, true) !== 0x06064b50) {
    throw badZip(where, "Its zip64 directory record is missing.");
  }
  return { count: readUint64(view, record + 32, where), start: readUint64(view, record + 48, where) };
}

function readEntry(view: DataView, at: number, where: string): { member: ZipMember; next: number } {
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const nameEnd = at + 46 + nameLength;
  const next = nameEnd + extraLength + view.getUint16(at + 32, true);
  if (next > view.byteLength) throw badZip(where, "Its directory ends inside an entry.");
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength));
  const long = zip64Fields(view, nameEnd, nameEnd + extraLength, where);
  const field = (position: number) => {
    const value = view.getUint32(position, true);
    return value === 0xffffffff ? (long.shift() ?? value) : value;
  };
  // In this order, for the zip64 field holds only those that do not fit, one after the other.
  const size = field(at + 24);
  const packed = field(at + 20);
  const offset = field(at + 42);
  const member = {
    name,
    method: view.getUint16(at + 10, true),
    encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    crc: view.getUint32(at + 16, true),
    packed,
    size,
    offset,
  };
  return { member, next };
}

/** The 8-byte numbers of an entry's zip64 field. */
function zip64Fields(view: DataView, from: number, end: number, where: string): number[] {
  for (let at = from; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const count = Math.min(3, Math.floor(Math.min(view.getUint16(at + 2, true), end - at - 4) / 8));
    return Array.from({ length: count }, (_, i) => readUint64(view, at + 4 + 8 * i, where));
  }
  return [];
}

function readUint64(view: DataView, at: number, where: string): number {
  const value = at + 8 <= view.byteLength ? Number(view.getBigUint64(at, true)) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw badZip(where, "Its directory holds an impossible size.");
}

function refuseBomb({ name, size, packed }: ZipMember, where: string): void {
  if (size > MAX_UNPACKED)
    throw bomb(`${where}: ${name}`, `It would unpack to ${size} bytes`, "4 GiB are read");
  if (size <= SMALL_MEMBER || size <= MAX_RATIO * packed) return;
  throw bomb(
    `${where}: ${name}`,
    `It claims to unpack from ${packed} to ${size} bytes`,
    `up to ${MAX_RATIO} times the packed size is read`,
  );
}

/**
 * Unpacks a member.
 * @throws FathomError bad-file when it lies outside the archive, is cut short, longer than declared or does not match its
 * CRC; unsupported for encryption and other ways of packing.
 */
export function unpackMember(bytes: Uint8Array, member: ZipMember, where: string): Uint8Array {
  const { method, encrypted, packed, size, crc } = member;
  if (encrypted || (method !== 0 && method !== 8)) {
    const how = encrypted ? "encrypted" : `packed by method ${method}`;
    throw new FathomError({
      code: "unsupported",
      where,
      message: `It is ${how}; stored and deflated members are read.`,
      hint: "Write the archive with numpy.savez or numpy.savez_compressed.",
    });
  }
  const start = dataStart(bytes, member, where);
  if (start + packed > bytes.length) throw badZip(where, "The archive ends before the end of this member.");
  const raw = bytes.subarray(start, start + packed);
  if (method === 0 && packed !== size) throw badZip(where, `It declares ${size} bytes but stores ${packed}.`);
  const content = method === 0 ? raw : inflateExactly(raw, size, where);
  if (crc32(content) !== crc) throw badZip(where, "Its content does not match its checksum.");
  return content;
}

function dataStart(bytes: Uint8Array, { offset }: ZipMember, where: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== 0x04034b50) {
    throw badZip(where, "There is no member where the directory says.");
  }
  return offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
}

/** Unpacks slice by slice, so that a member that lies about its size is given up as soon as it outgrows it. */
function inflateExactly(raw: Uint8Array, size: number, where: string): Uint8Array {
  const out = allocate("uint8", size);
  let filled = 0;
  const inflate = new Inflate((chunk) => {
    if (filled + chunk.length > size) throw badZip(where, `It goes on after its declared ${size} bytes.`);
    out.set(chunk, filled);
    filled += chunk.length;
  });
  try {
    for (let from = 0; from < raw.length || from === 0; from += SLICE) {
      inflate.push(raw.subarray(from, from + SLICE), from + SLICE >= raw.length);
    }
  } catch (cause) {
    if (cause instanceof FathomError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw badZip(where, `Its packed data are damaged or cut short: ${reason}.`);
  }
  if (filled < size) throw badZip(where, `It ends after ${filled} of its declared ${size} bytes.`);
  return out;
}

function bomb(where: string, claim: string, bound: string): FathomError {
  return new FathomError({
    code: "too-large",
    where,
    message: `${claim}: this may be a zip bomb (${bound}).`,
    hint: "If the archive is honest, write it without compression or in several files.",
  });
}

function badZip(where: string, message: string): FathomError {
  const hint = "The file is damaged, cut short or of another kind; write or download it again.";
  return new FathomError({ code: "bad-file", where, message, hint });
}
