/** @file Kernels that float32 or the solvers do not reach: a reason to leave the baseline out, as exploding networks have. */
import { FathomError } from "../../tensor/index.ts";

/**
 * The result of some numerical work on rows that a survey chose itself.
 * @throws FathomError unsupported in place of what fails at these numbers (kernels that overflow or vanish), with the reason.
 */
export async function withinReach<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof FathomError) || cause.code === "cancelled") throw cause;
    throw new FathomError({
      code: "unsupported",
      message: `its kernel cannot be used: ${cause.message.replace(/\.$/, "")}`,
      ...(cause.where !== undefined && { where: cause.where }),
      ...(cause.hint !== undefined && { hint: cause.hint }),
      cause,
    });
  }
}
