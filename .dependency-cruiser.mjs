/**
 * @file The floors of the house (architecture.md, "Rooms"): a room imports from lower floors only, never sideways,
 * `theory` imports nothing but `tensor` and @stdlib, and nothing imports the command line.
 */

/** Rooms by floor, ground first. */
export const floors = [
  ["tensor"],
  ["jobs", "expr", "theory", "data"],
  ["runtime", "net"],
  ["kernels", "train"],
  ["probes"],
  ["gnn", "certify"],
  ["analyses"],
  ["report"],
  ["cli", "lab"],
];

const room = (names) => `^(src|lab)/(${names.join("|")})/`;

const floorRules = floors.flatMap((names, floor) => {
  const above = floors.slice(floor + 1).flat();
  return names.map((name) => ({
    name: `floor-of-${name}`,
    comment: `${name} imports from lower floors only`,
    severity: "error",
    from: { path: room([name]) },
    to: { path: room([...names.filter((other) => other !== name), ...above]) },
  }));
});

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...floorRules.filter(({ to }) => !to.path.includes("()")),
    {
      name: "theory-is-pure",
      comment: "theory imports nothing but tensor and @stdlib",
      severity: "error",
      from: { path: "^src/theory/" },
      to: { pathNot: ["^src/(theory|tensor)/", "node_modules/@stdlib/"] },
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
