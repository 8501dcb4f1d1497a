/**
 * @file Runs a benchmark and its peer side by side: `npm run bench -- NAME [--threads 2] [--rounds 5] [--runs 10] [--size N]
 * [--record]`. Rounds alternate between ours and the peer, so that both see the same machine. `--record` writes
 * bench/results/<date>-<name>.json (conventions.md, Files).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench, Measurement, MeasureOptions, PeerScript } from "./bench.ts";

// As the command line does: worker threads find the cache by the environment.
const { directory } = enableCompileCache();
if (directory !== undefined) process.env["NODE_COMPILE_CACHE"] ??= directory;

const folder = import.meta.dirname;

interface Series {
  readonly name: string;
  readonly version: string;
  readonly times: number[];
}

function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]!, runs: sorted.length };
}

/** One round of the peer; a word on why not when it cannot run. */
function peerRound(peer: PeerScript, { threads, runs, size }: MeasureOptions): Series | string {
  const script = join(folder, "peers", `${peer.script}.py`);
  const python = join(folder, "peers", peer.environment, "bin", "python");
  if (!existsSync(script)) return "this benchmark has no peer";
  if (!existsSync(python)) return "the peers are not installed: run bench/peers/setup.sh";
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("OPENBLAS_")));
  const options = ["--json", "--threads", String(threads), "--runs", String(runs)];
  if (size !== undefined) options.push("--size", String(size));
  const { status, stdout, stderr } = spawnSync(python, ["-W", "ignore", script, ...options], {
    encoding: "utf8",
    env,
  });
  return status === 0
    ? (JSON.parse(stdout) as Series)
    : `the peer failed: ${stderr.trim().split("\n").at(-1)}`;
}

/** A peer's script, and what it said. */
interface Peer extends PeerScript {
  readonly result: Series | string;
}

interface Outcome {
  readonly ours: number[];
  readonly peers: readonly Peer[];
  readonly notes: Record<string, number>;
}

async function alternate(bench: Bench, name: string, options: RunOptions): Promise<Outcome> {
  const ours: number[] = [];
  let peers: Peer[] = (bench.peers ?? [name]).map((peer) => ({
    ...(typeof peer === "string" ? { script: peer, environment: ".venv" } : peer),
    result: "not run",
  }));
  let notes: Record<string, number> = {};
  for (let round = 0; round < options.rounds; round++) {
    const measured: Measurement = await bench.measure(options);
    ours.push(...measured.times);
    notes = { ...notes, ...measured.notes };
    peers = peers.map((peer) => ({ ...peer, result: joined(peer.result, peerRound(peer, options)) }));
  }
  return { ours, peers, notes };
}

/** The times of all rounds; a failure of the last one says why. */
function joined(before: Series | string, round: Series | string): Series | string {
  if (typeof before === "string" || typeof round === "string") return round;
  return { ...round, times: [...before.times, ...round.times] };
}

interface RunOptions extends MeasureOptions {
  readonly rounds: number;
}

function hardware() {
  return {
    cpu: cpus()[0]!.model,
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 1e9),
    node: process.version,
    load: loadavg()[0]!,
  };
}

function show({ median, min, runs }: ReturnType<typeof summary>): string {
  return `median ${median.toFixed(2)} ms, min ${min.toFixed(2)} ms, ${runs} runs`;
}

interface Command extends RunOptions {
  readonly name: string;
  readonly record: boolean;
}

/** The command line; `undefined` when it names no benchmark. */
function command(): Command | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      threads: { type: "string", default: "2" },
      rounds: { type: "string", default: "3" },
      runs: { type: "string", default: "10" },
      size: { type: "string" },
      record: { type: "boolean", default: false },
    },
  });
  const [name] = positionals;
  if (name === undefined || !existsSync(join(folder, `${name}.ts`))) return undefined;
  const [threads, rounds, runs] = [values.threads, values.rounds, values.runs].map(Number) as [
    number,
    number,
    number,
  ];
  const size = values.size === undefined ? undefined : Number(values.size);
  return { name, threads, rounds, runs, size, record: values.record };
}

async function main(): Promise<void> {
  const options = command();
  if (options === undefined) {
    console.error("Usage: npm run bench -- NAME [--threads N] [--rounds N] [--runs N] [--size N] [--record]");
    process.exitCode = 2;
    return;
  }
  const { name, threads } = options;
  const { bench } = (await import(`./${name}.ts`)) as { bench: Bench };
  const machine = hardware();
  const { ours, peers, notes } = await alternate(bench, name, options);
  const own = summary(ours);
  console.log(`${bench.title}, ${threads} threads (load ${machine.load.toFixed(1)} at the start)`);
  console.log(`  ours  ${show(own)}`);
  const result = {
    name,
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
    hardware: machine,
    threads,
    ...(options.size === undefined ? {} : { size: options.size }),
    ours: own,
    ...peerPart(peers[0]!, own),
    ...(peers.length > 1
      ? { others: peers.slice(1).map((peer) => ({ script: peer.script, ...peerPart(peer, own) })) }
      : {}),
    notes,
  };
  for (const [key, value] of Object.entries(notes)) console.log(`  ${key}: ${value.toPrecision(4)}`);
  console.log(`  bar: ${bench.bar}`);
  if (options.record) record(result);
}

/** A median so many times the minimum tells of other work on the machine. */
const disturbance = 1.35;

function peerPart({ script, result: peer }: Peer, own: ReturnType<typeof summary>) {
  if (typeof peer === "string") {
    console.log(`  peer  none: ${peer}`);
    return { peer: null, peerAbsent: peer, ratio: null };
  }
  const theirs = summary(peer.times);
  const ratio = own.median / theirs.median;
  const ratioOfMinima = own.min / theirs.min;
  const disturbed = [own, theirs].some(({ median, min }) => median > disturbance * min);
  console.log(`  peer  ${show(theirs)} (${script}.py, ${peer.name} ${peer.version})`);
  console.log(`  ratio ${ratio.toFixed(2)} of medians, ${ratioOfMinima.toFixed(2)} of minima`);
  if (disturbed)
    console.log(
      "  disturbed: other work ran on this machine; run it again for a ratio of medians that means something",
    );
  return { peer: { name: peer.name, version: peer.version, ...theirs }, ratio, ratioOfMinima, disturbed };
}

function record(result: { date: string; name: string; threads: number }): void {
  mkdirSync(join(folder, "results"), { recursive: true });
  const suffix = result.threads === 2 ? "" : `-${result.threads}-threads`;
  const path = join(folder, "results", `${result.date}-${result.name}${suffix}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`  written to ${path}`);
}

await main();
