/** @file Every primitive on WebAssembly, where a page and a machine without the native binding run. */
import { describe, it } from "vitest";
import { cases } from "../expr/cases.ts";
import { compare, firstOrder } from "./compared.ts";

describe.each(["float32", "float64"] as const)(
  "in %s, WebAssembly agrees with the interpreter on",
  (dtype) => {
    it.each(cases)("$name", async (example) => {
      await compare(firstOrder(example, dtype), dtype, "wasm");
    });
  },
);
