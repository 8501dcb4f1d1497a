/**
 * @file A training in a process of its own, for the test that kills it: `node killed-run.ts FOLDER` begins the run in the
 * folder or goes on with it, and says on stdout when it has begun to step and when it is done.
 */
import { Key } from "../../src/tensor/index.ts";
import { type TrainOptions, train } from "../../src/train/index.ts";
import { smallDigits, statefulModel } from "./problems.ts";

/** About a second of steps of a network with running statistics and dropout under SAM with two averages, with checkpoints at steps that no call ends at by itself. */
export const killedRun: TrainOptions = {
  model: statefulModel({ width: 64 }),
  dataset: smallDigits(300, 50),
  optimizer: { kind: "adam" },
  sam: { rho: 0.05, every: 2 },
  averages: [
    { start: 0.1, every: 37 },
    { ema: 0.99, start: 0.2, every: 5 },
  ],
  learningRate: 0.002,
  schedule: { kind: "cosine", warmup: 20 },
  batch: 64,
  steps: 1500,
  key: Key.fromSeed(8),
  validationRows: Array.from({ length: 40 }, (_, i) => i),
  evaluateEvery: 97,
  logEvery: 13,
  checkpointEvery: 31,
  options: { threads: 1 },
};

if (import.meta.main) {
  await train({
    ...killedRun,
    runFolder: process.argv[2]!,
    resume: true,
    onProgress: ({ step }) => process.stdout.write(`${step}\n`),
  });
  process.stdout.write("done\n");
}
