/** @file The measurements of one solution, a record each: what its numbers depend on, and how they are taken. */
import {
  averageRise,
  hessianEigenvalues,
  hessianTrace,
  type MeasureOptions,
  type Surface,
  sharpness,
  sliceGrid,
  sliceLine,
  spectralDensity,
} from "../../probes/index.ts";
import { finiteOrNull } from "../figure.ts";
import { asValue, curveData, densityData, gridData, sharpnessData } from "./as-data.ts";
import type { MeasuredSolution } from "./measured.ts";
import type { LandscapePart, Setting, Solution } from "./setting.ts";

/** The place and how it is looked at. */
export interface Place {
  readonly surface: Surface;
  readonly point: Solution["parameters"];
  readonly setting: Setting;
  readonly options: MeasureOptions;
}

/** Of Lanczos: ends of spectra that are not isolated take more than the 30 of the single largest eigenvalue. */
const mostProducts = 80;

interface Part {
  /** The settings that the numbers depend on. */
  readonly dependsOn: readonly (keyof Setting)[];
  measure(place: Place): Promise<Partial<MeasuredSolution>>;
}

export const solutionParts: Readonly<Record<Exclude<LandscapePart, "between">, Part>> = {
  eigenvalues: {
    dependsOn: ["top"],
    async measure({ surface, point, setting: { top }, options }) {
      const found = await hessianEigenvalues(surface, point, { ...options, top, steps: mostProducts });
      const { largest, smallest, products, converged } = found;
      return {
        eigenvalues: { largest: largest.map(asValue), smallest: asValue(smallest), products, converged },
      };
    },
  },
  trace: {
    dependsOn: [],
    async measure({ surface, point, options }) {
      const { trace, squares } = await hessianTrace(surface, point, options);
      return { trace: asValue(trace), frobenius: finiteOrNull(Math.sqrt(squares.value)) };
    },
  },
  density: {
    dependsOn: [],
    async measure({ surface, point, options }) {
      return { density: densityData(await spectralDensity(surface, point, options)) };
    },
  },
  sharpness: {
    dependsOn: ["rho", "adaptiveRho"],
    async measure({ surface, point, setting: { rho, adaptiveRho }, options }) {
      const plain = await sharpness(surface, point, { ...options, rho });
      const adaptive = await sharpness(surface, point, { ...options, rho: adaptiveRho, kind: "adaptive" });
      return { sharpness: { plain: sharpnessData(plain), adaptive: sharpnessData(adaptive) } };
    },
  },
  slice: {
    dependsOn: ["points"],
    async measure({ surface, point, setting: { points }, options }) {
      const slice = await sliceLine(surface, point, { ...options, points });
      const { r, rise } = await averageRise(surface, point, options);
      return { slice: curveData(slice), rise: { r, rise: rise.map(asValue) } };
    },
  },
  grid: {
    dependsOn: ["side"],
    async measure({ surface, point, setting: { side }, options }) {
      return { grid: gridData(await sliceGrid(surface, point, { ...options, points: side })) };
    },
  },
};
