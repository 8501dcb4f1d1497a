/** @file A worker of a solver: tiles of the factor and right-hand sides by number, in the shared store. */
import { serveJobs } from "../../jobs/index.ts";
import { type CrewData, createCrew, type Round } from "./crew.ts";

serveJobs(async (data: CrewData) => {
  const work = await createCrew(data);
  return (task, input) => work(task, input as Round);
});
