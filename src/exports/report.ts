/** @file What a program needs of `report`: figures and pages drawn. */
export { figureSvg, reportHtml, standaloneSvg, terminalSummary } from "../report/index.ts";
