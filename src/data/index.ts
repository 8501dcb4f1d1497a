/** @file Data sets: generated digits, readers of public formats, the download cache. */

export {
  type CatalogueEntry,
  type Checksum,
  catalogue,
  type DataFile,
  type DownloadableEntry,
  type GeneratedEntry,
} from "./catalogue.ts";
export { readCsv } from "./csv.ts";
export {
  checkedDataset,
  type Dataset,
  firstRows,
  type InputDType,
  type Split,
  type SplitName,
} from "./dataset.ts";
export { type DigitsOptions, digits } from "./digits.ts";
export {
  type Downloaded,
  type DownloadOptions,
  type DownloadProgress,
  download,
  downloadEntry,
} from "./download.ts";
export { dirichlet, type FlatOptions, joinDraws, relabel } from "./flat-draws.ts";
export { type BlocksOptions, blockLinks, blockNodes, type LinksOptions } from "./flat-graph.ts";
export { type TopicsOptions, textTopics } from "./flat-text.ts";
export { type VisionOptions, visionPrototypes } from "./flat-vision.ts";
export { type DataFiles, type DataFormat, defineFormat } from "./format.ts";
export { readDataFiles } from "./formats.ts";
export { readGraphNodes } from "./graph-nodes.ts";
export { type IdxArray, readIdx } from "./idx.ts";
export { type IdxDatasetOptions, type IdxFiles, idxDataset, type NamedBytes } from "./idx-dataset.ts";
export { readJsonl } from "./jsonl.ts";
export { readLibsvm } from "./libsvm.ts";
export { type ListedDataset, type ListedFormat, listDatasets, listFormats } from "./list.ts";
export { type LoadOptions, loadDataset } from "./load.ts";
export type { ReadOptions } from "./options.ts";
export { dataFolder, searchFolders } from "./places.ts";
export { type Graph, propagation } from "./propagation.ts";
export type { ReadProgress } from "./read-path.ts";
export {
  type InputMoments,
  type InputMomentsOptions,
  inputMoments,
  labelsOf,
  rowsAsFloat,
  rowsAsIds,
} from "./rows.ts";
export { type ByteSource, bytesSource, fileSource } from "./source.ts";
export { type SplitOptions, stratifiedSplit } from "./split.ts";
export { standardized } from "./standardize.ts";
export { Table, vectorDataset } from "./table.ts";
export { answersOf, asBinary, outputsOf, requireClasses, type Task, taskOf, tasks } from "./tasks.ts";
export { words } from "./tokens.ts";
