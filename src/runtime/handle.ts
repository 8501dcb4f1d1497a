/** @file What all executables share: a lease of a cached program, given back once. */
import { FathomError } from "../tensor/index.ts";
import { type Disposable, type Lease, ProgramCache } from "./cache.ts";

/** Programs of equal graphs and options are shared; 32 that nobody uses are kept for the next compile. */
export const executableCache = new ProgramCache({ idle: 32 });

/** Programs whose executables were forgotten instead of disposed of are given back when these are collected. */
const forgotten = new FinalizationRegistry<Lease<Disposable>>((lease) => {
  lease.release().catch(() => undefined);
});

/** Holds a program until it is disposed of. */
export abstract class Handle<P extends Disposable> {
  readonly #lease: Lease<P>;
  #disposed = false;

  constructor(lease: Lease<P>) {
    this.#lease = lease;
    forgotten.register(this, lease, this);
  }

  /** @throws FathomError bad-input after `dispose`. */
  protected get program(): P {
    if (!this.#disposed) return this.#lease.program;
    throw new FathomError({
      code: "bad-input",
      message: "The executable was disposed of.",
      hint: "Compile it again; equal graphs are cached.",
    });
  }

  /** Gives the program back to the cache, which frees it when others are used more. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    forgotten.unregister(this);
    await this.#lease.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
