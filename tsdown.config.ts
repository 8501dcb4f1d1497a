import { defineConfig } from "tsdown";

export default defineConfig({
  // Workers keep their path within the sources: src/jobs/worker-module.ts finds them by it.
  entry: {
    index: "src/index.ts",
    "cli/main": "src/cli/main.ts",
    "kernels/gram/worker": "src/kernels/gram/worker.ts",
    "kernels/solve/worker": "src/kernels/solve/worker.ts",
  },
  format: "esm",
  platform: "node",
  target: "node22.12",
  dts: true,
  clean: true,
});
