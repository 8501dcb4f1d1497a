/** @file Bytes as the readers' tests write them. */
import { type ByteSource, bytesSource } from "../../src/data/index.ts";
import { FathomError } from "../../src/tensor/index.ts";

/** A text file. */
export function textSource(name: string, text: string): ByteSource {
  return bytesSource(name, new TextEncoder().encode(text));
}

/** A source of as many equal chunks as wanted, without memory for them; `taken` counts those that were read. */
export function floodSource(name: string, chunk: Uint8Array, count: number): ByteSource & { taken: number } {
  return {
    name,
    size: chunk.length * count,
    taken: 0,
    async *chunks() {
      for (let i = 0; i < count; i++) {
        this.taken++;
        yield chunk;
      }
    },
  };
}

/** The FathomError that a promise is rejected with. */
export async function refused(promise: Promise<unknown>): Promise<FathomError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof FathomError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Passes when the promise gives a result or a FathomError. */
export async function told(promise: Promise<unknown>): Promise<void> {
  await promise.catch((error) => {
    if (!(error instanceof FathomError)) throw error;
  });
}
