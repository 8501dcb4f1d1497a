/** @file The questions Fathom answers, one record each, and their figures and reports as plain data. */
export { type Analysis, type AnalysisDefinition, type Conclusion, defineAnalysis } from "./analysis.ts";
export { type Architecture, recogniseArchitecture } from "./architecture.ts";
export type { OptimizerName } from "./choose/plan.ts";
export { type ChooseQuestion, choose } from "./choose/question.ts";
export { type Eigenproblem, eigenlearning, type Learned, unseenError } from "./compare/eigenlearning.ts";
export { compare } from "./compare/question.ts";
export type { CompareQuestion, Contender } from "./compare/setting.ts";
export { SurveyContext, type SurveySettings } from "./context.ts";
export {
  type MeasuredPhaseQuestion,
  measuredPhase,
  type NetPhaseQuestion,
  type PhaseQuestion,
  phase,
  phaseOfNet,
} from "./criticality/phase.ts";
export { type CriticalityQuestion, criticality } from "./criticality/question.ts";
export * from "./document.ts";
export * from "./figure.ts";
export { listModel, type ProbeQuestion, probeModel } from "./foreign/probe.ts";
export type { ForeignSource } from "./foreign/subject.ts";
export { surveyForeign } from "./foreign/survey.ts";
export { type IsometryQuestion, isometry } from "./isometry/isometry.ts";
export { kernel, mostKernelRows } from "./kernel/question.ts";
export type { KernelQuestion } from "./kernel/setting.ts";
export { landscape } from "./landscape/question.ts";
export {
  type LandscapePart,
  type LandscapeQuestion,
  type LandscapeSubject,
  landscapeParts,
  type Solution,
} from "./landscape/setting.ts";
export { type NtkRate, type NtkRateInputs, ntkRate } from "./learning-rate/ntk-rate.ts";
export {
  type BlockShare,
  measureBlocks,
  measureRates,
  type RateMeasurement,
  type RateOptions,
} from "./learning-rate/rates.ts";
export { type PredictOutcome, predict } from "./predict/question.ts";
export type { Objective, SearchOptions } from "./predict/search.ts";
export { type ParameterRange, parameterNames, type SearchSpace } from "./predict/search-space.ts";
export type { Get, PredictQuestion } from "./predict/setting.ts";
export { analyses } from "./registry.ts";
export type { Paper, PaperClaim } from "./repro/paper.ts";
export { papers } from "./repro/papers.ts";
export { type CheckedClaim, type ReproJson, type ReproQuestion, repro } from "./repro/repro.ts";
export type { SamplingOptions } from "./spectrum/measure.ts";
export { type SpectrumQuestion, spectrum, type UniformSubject } from "./spectrum/question.ts";
export { type SampledSpectrumQuestion, sampledSpectrum } from "./spectrum/sampled.ts";
export { type SurveyJson, survey } from "./survey.ts";
export { type TuneForeignQuestion, tuneForeign } from "./tune/foreign.ts";
export { type TuneMethod, type TuneQuestion, tune } from "./tune/question.ts";
export { type WidthsQuestion, widths } from "./widths/question.ts";
export { zeroDivision } from "./zero-division.ts";
