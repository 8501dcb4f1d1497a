/** @file Draws what the analyses found: figures as SVG, the report as a page, its summary for a terminal. */
export { escapeHtml, plainText, slug } from "./escape.ts";
export { type FigureOptions, figureSvg, standaloneSvg } from "./figure-svg.ts";
export { formatInterval, formatNumber, formatRow, formatSeconds, formatWithError } from "./format.ts";
export { reportHtml } from "./html.ts";
export { sparkline, type TerminalOptions, terminalSummary, wrapText } from "./terminal.ts";
