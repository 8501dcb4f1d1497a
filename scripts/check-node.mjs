/** @file Stops `start` and `test` with a clear word when the running Node is older than the pinned one. */
import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const pinned = manifest.devDependencies.node;
const numbers = (version) => version.split(".").map(Number);
const [major, minor] = numbers(process.versions.node);
const [pinnedMajor, pinnedMinor] = numbers(pinned);

if (major < pinnedMajor || (major === pinnedMajor && minor < pinnedMinor)) {
  console.error(
    `Fathom's scripts run on Node ${pinned}, which "npm ci" installs beside the other dependencies; ` +
      `this is Node ${process.versions.node}.\n` +
      `Run "npm ci" again and allow the install script of the package "node" (npm approve-scripts node), ` +
      "or install Node 24 yourself.",
  );
  process.exit(1);
}
