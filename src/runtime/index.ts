/** @file Runs expressions: lowering to ONNX, sessions on ONNX Runtime, compiled loops, and what is available here. */
export type { Device } from "./backend.ts";
export { type CompileRequest, compile, type Executable, type ExecutableInfo } from "./compile.ts";
export { requireDevice } from "./device.ts";
export { type Check, doctor } from "./doctor.ts";
export { encodeModel } from "./encode.ts";
export type { Feeds } from "./feeds.ts";
export { executableCache } from "./handle.ts";
export { compileLoop, type LoopCompileRequest, type LoopExecutable, type LoopRunRequest } from "./loop.ts";
export type { LoopFeeds, LoopResult } from "./loop-program.ts";
export { lower } from "./lower.ts";
export { showBytes } from "./memory.ts";
export type { CompileOptions } from "./options.ts";
