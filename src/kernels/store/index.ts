/**
 * @file Kernel matrices on disk. `store` is the whole; `zarr` its files, `attributes` and `identity` whose it is, `space`
 * the disk it takes.
 */
export type { StoreAttributes } from "./attributes.ts";
export { attributesOf } from "./identity.ts";
export { checkLimit, checkSpace } from "./space.ts";
export { beginStore, KernelStore, openKernelStore } from "./store.ts";
