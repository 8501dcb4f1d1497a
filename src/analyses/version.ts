/** @file Fathom's version, for reports and checkpoints. */
import manifest from "../../package.json" with { type: "json" };

export const version: string = manifest.version;
