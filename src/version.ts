/** @file Fathom's version, from its manifest: for reports, checkpoints and --version. */
import manifest from "../package.json" with { type: "json" };

export const version: string = manifest.version;
