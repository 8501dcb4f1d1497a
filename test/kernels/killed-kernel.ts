/**
 * @file A kernel matrix in a process of its own, for the tests that kill it or take its disk away:
 * `node killed-kernel.ts FOLDER` begins the store or goes on with it, and says on stdout how far it is.
 */
import { type KernelMatrixOptions, kernelMatrix } from "../../src/kernels/index.ts";
import { parseNetText } from "../../src/net/index.ts";
import { FathomError, Key, normal } from "../../src/tensor/index.ts";

/** 10 chunks, more than are under way at a time, the last ones of a part of the size. */
export const killedJob: KernelMatrixOptions = {
  net: parseNetText("mlp:depth=1,activation=relu,sw2=2,sb2=0.1,in=3,out=1"),
  x1: normal(Key.fromSeed(7), "float32", [1600, 3]),
  threads: 2,
};

if (import.meta.main) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  try {
    await kernelMatrix({
      ...killedJob,
      store: { path: process.argv[2]! },
      onProgress: ({ label, done, total }) => {
        process.stdout.write(`${label}: ${done}/${total}\n`);
        // Chunks are written by this thread, so there is time for a kill between two of them.
        if (label === "kernel") Atomics.wait(pause, 0, 0, 3);
      },
    });
    process.stdout.write("finished\n");
  } catch (error) {
    if (!(error instanceof FathomError)) throw error;
    process.stdout.write(`${JSON.stringify({ code: error.code, where: error.where })}\n`);
  }
}
