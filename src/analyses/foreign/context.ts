/** @file What an analysis of an imported model is given: the model bound to the data, and what every survey is run with. */
import { RunContext, type RunSettings } from "../run-context.ts";
import type { ForeignSource, ForeignSubject } from "./subject.ts";

export interface ForeignSurveySettings extends RunSettings {
  readonly source: ForeignSource & { readonly dataset: NonNullable<ForeignSource["dataset"]> };
}

/** One survey of an imported model. */
export class ForeignContext extends RunContext {
  readonly source: ForeignSurveySettings["source"];
  readonly subject: ForeignSubject;

  constructor(settings: ForeignSurveySettings, subject: ForeignSubject) {
    super(settings);
    this.source = settings.source;
    this.subject = subject;
  }

  override progress(label: string, done: number, total: number | null): void {
    this.signal?.throwIfAborted();
    super.progress(label, done, total);
  }
}
