import { defineConfig } from "vitest/config";

/** End-to-end tests drive the real command line and Chromium, one file at a time. */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    testTimeout: 300_000,
    fileParallelism: false,
  },
});
