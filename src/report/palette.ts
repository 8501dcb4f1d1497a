/**
 * @file Colours and symbols. Hues are told apart with every common form of colour blindness and in grey, and no
 * meaning rests on hue alone: theory is a line, measured things are dots, before and after differ in symbol.
 */
import type { Role } from "../analyses/index.ts";

/** Colours of one appearance of a page. */
interface Theme {
  readonly roles: Readonly<Record<Role, string>>;
  readonly ink: string;
  readonly faint: string;
  readonly grid: string;
  readonly paper: string;
  readonly missing: string;
}

const light: Theme = {
  roles: {
    theory: "#0b5fa5",
    measured: "#c8500a",
    before: "#7b3f98",
    after: "#00806a",
    bound: "#4a5560",
    neutral: "#68727d",
  },
  ink: "#1b222c",
  faint: "#5c6672",
  grid: "#e2e6ea",
  paper: "#ffffff",
  missing: "#c9ced4",
};

const dark: Theme = {
  roles: {
    theory: "#6cb6f5",
    measured: "#f59a52",
    before: "#cf9bea",
    after: "#3fcfae",
    bound: "#b4bec9",
    neutral: "#98a3af",
  },
  ink: "#e8ecf1",
  faint: "#a3adb8",
  grid: "#323a45",
  paper: "#161b22",
  missing: "#4a5360",
};

/** The colour of a role as a reference to the custom property that `themeRules` defines. */
export function roleColour(role: Role): string {
  return `var(--f-${role})`;
}

export const ink = "var(--f-ink)";
export const faint = "var(--f-faint)";
export const gridColour = "var(--f-grid)";
export const paper = "var(--f-paper)";
export const missing = "var(--f-missing)";

function declarations(theme: Theme): string {
  const roles = Object.entries(theme.roles).map(([role, colour]) => `--f-${role}:${colour}`);
  const rest = (["ink", "faint", "grid", "paper", "missing"] as const).map(
    (name) => `--f-${name}:${theme[name]}`,
  );
  return [...roles, ...rest].join(";");
}

/**
 * CSS that gives a selector the colours, following the reader's preference; print is always light.
 * @example themeRules(":root")
 */
export function themeRules(selector: string): string {
  return [
    `${selector}{${declarations(light)}}`,
    `@media (prefers-color-scheme:dark){${selector}{${declarations(dark)}}}`,
    `@media print{${selector}{${declarations(light)}}}`,
  ].join("\n");
}

/** Dash patterns of the first, second, … line of a figure. */
const dashes = ["none", "7 4", "2 3", "10 3 2 3"] as const;

/** Symbols of the first, second, … series of dots of a figure. */
const symbols = ["circle", "square", "triangle", "diamond"] as const;
export type SymbolName = (typeof symbols)[number];

export function dashOf(order: number): string {
  return dashes[order % dashes.length]!;
}

export function symbolOf(order: number): SymbolName {
  return symbols[order % symbols.length]!;
}

type Rgb = readonly [number, number, number];

/** Blue through near-white to orange: the two sides stay apart for every reader. */
const divergingStops: readonly Rgb[] = [
  [23, 68, 132],
  [92, 142, 196],
  [178, 205, 229],
  [246, 244, 239],
  [244, 190, 140],
  [217, 120, 52],
  [146, 56, 10],
];

/** Viridis (Smith and van der Walt, matplotlib), five of its colours. */
const sequentialStops: readonly Rgb[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

function interpolate(stops: readonly Rgb[], t: number): string {
  const place = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const left = Math.min(Math.floor(place), stops.length - 2);
  const [a, b] = [stops[left]!, stops[left + 1]!];
  const channel = (index: 0 | 1 | 2) => Math.round(a[index] + (place - left) * (b[index] - a[index]));
  return `rgb(${channel(0)},${channel(1)},${channel(2)})`;
}

/**
 * The colour map of a heat figure: values outside the domain take the end colours.
 * With a midpoint each side has its own scale, so that both ends of the domain have their full colour.
 */
export function heatColours(
  domain: readonly [number, number],
  midpoint: number | undefined,
): (value: number) => string {
  const [lo, hi] = domain;
  if (midpoint === undefined) {
    return (value) => interpolate(sequentialStops, hi === lo ? 0.5 : (value - lo) / (hi - lo));
  }
  const reach = (value: number) => Math.abs((value < midpoint ? lo : hi) - midpoint) || 1;
  return (value) => interpolate(divergingStops, 0.5 + (value - midpoint) / (2 * reach(value)));
}
