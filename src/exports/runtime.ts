/** @file What a program needs of `runtime`: expressions compiled and run. */
export {
  type CompileOptions,
  compile,
  compileLoop,
  type Device,
  doctor,
  type Executable,
  executableCache,
  type LoopExecutable,
  lower,
} from "../runtime/index.ts";
