/** @file Catches the FathomError that a call, or work, must throw, so that tests can state what a refusal says. */
import { FathomError } from "../src/tensor/index.ts";

/** The error that `act` throws. Fails when nothing, or another error, is thrown. */
export function refusal(act: () => unknown): FathomError {
  try {
    act();
  } catch (error) {
    if (error instanceof FathomError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The FathomError that some work ends in. Fails when it ends well, or in another error. */
export async function rejection(work: () => unknown): Promise<FathomError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof FathomError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
