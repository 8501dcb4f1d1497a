/**
 * @file CRC-32C (Castagnoli, RFC 3720 §12.1), the checksum of Zarr's `crc32c` codec. Eight bytes a step by eight tables
 * (Kounavis and Berry 2005): chunks of gigabytes are checked when a job is resumed.
 */
const polynomial = 0x82f63b78;

/** Table t holds the CRC of a byte that t zero bytes follow. */
const tables = makeTables();

function makeTables(): readonly Int32Array[] {
  const made = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    made[0]![byte] = crc;
  }
  for (let t = 1; t < 8; t++)
    for (let byte = 0; byte < 256; byte++) {
      const before = made[t - 1]![byte]!;
      made[t]![byte] = made[0]![before & 255]! ^ (before >>> 8);
    }
  return made;
}

/**
 * @returns An integer from 0 to 2^32 - 1.
 * @example crc32c(new TextEncoder().encode("123456789")) // 0xe3069283
 */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as Int32Array[];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length - (bytes.length % 8);
  let crc = -1;
  for (let at = 0; at < whole; at += 8) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      t7![low & 255]! ^
      t6![(low >>> 8) & 255]! ^
      t5![(low >>> 16) & 255]! ^
      t4![low >>> 24]! ^
      t3![high & 255]! ^
      t2![(high >>> 8) & 255]! ^
      t1![(high >>> 16) & 255]! ^
      t0![high >>> 24]!;
  }
  for (let at = whole; at < bytes.length; at++) crc = (crc >>> 8) ^ t0![(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}
