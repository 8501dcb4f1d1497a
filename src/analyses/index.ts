/** @file The questions Fathom answers, one record each, and their figures and reports as plain data. */
export * from "./document.ts";
export * from "./figure.ts";
