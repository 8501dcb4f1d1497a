/** @file Data sets: generated digits, readers of public formats, the download cache. */
export {
  type CatalogueEntry,
  type Checksum,
  catalogue,
  type DataFile,
  type DownloadableEntry,
  type GeneratedEntry,
} from "./catalogue.ts";
export { checkedDataset, type Dataset, firstRows, type Split, type SplitName } from "./dataset.ts";
export { type DigitsOptions, digits } from "./digits.ts";
export {
  type Downloaded,
  type DownloadOptions,
  type DownloadProgress,
  download,
  downloadEntry,
} from "./download.ts";
export { type IdxArray, readIdx } from "./idx.ts";
export { type IdxDatasetOptions, type IdxFiles, idxDataset, type NamedBytes } from "./idx-dataset.ts";
export { type ListedDataset, listDatasets } from "./list.ts";
export { type LoadOptions, loadDataset } from "./load.ts";
export { dataFolder } from "./places.ts";
export {
  type InputMoments,
  type InputMomentsOptions,
  inputMoments,
  labelsOf,
  rowsAsFloat,
  standardized,
} from "./rows.ts";
