/** @file Reading of ONNX models into expressions. */
export { type OnnxDimension, type OnnxInput, onnxInputs } from "./describe.ts";
export type { ByteRange, ReadExternal } from "./external.ts";
export { readOnnxFile, readOnnxInputs } from "./file.ts";
export type { ModelFinding } from "./findings.ts";
export { type ImportedModel, type ImportOptions, importOnnx } from "./import.ts";
