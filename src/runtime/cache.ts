/**
 * @file Programs (sessions made from a graph) shared by the hash of graph and options. A program in use stays; of those that
 * nobody uses, the most recently used are kept.
 */

/** Something that runs and must be freed. */
export interface Disposable {
  dispose(): Promise<void>;
}

interface Entry {
  readonly program: Promise<Disposable>;
  users: number;
}

/** A share of a cached program: give it back with `release` (more than once does nothing). */
export interface Lease<P> {
  readonly program: P;
  release(): Promise<void>;
}

/** Keeps every program in use and the `idle` most recently used others. */
export class ProgramCache {
  readonly #entries = new Map<string, Entry>();
  readonly #idle: number;

  constructor({ idle }: { idle: number }) {
    this.#idle = idle;
  }

  /** The program of this key (which implies its type), made once even when asked for concurrently. */
  async lease<P extends Disposable>(key: string, make: () => Promise<P>): Promise<Lease<P>> {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { program: make(), users: 0 };
      this.#entries.set(key, entry);
    }
    const shared = entry;
    shared.users++;
    try {
      const program = (await shared.program) as P;
      let released = false;
      const release = async () => {
        if (released) return;
        released = true;
        await this.#release(key, shared);
      };
      return { program, release };
    } catch (error) {
      if (this.#entries.get(key) === shared) this.#entries.delete(key);
      throw error;
    }
  }

  async #release(key: string, entry: Entry): Promise<void> {
    entry.users--;
    if (entry.users > 0 || this.#entries.get(key) !== entry) return;
    // Moving it to the end of the map makes it the most recently used.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    await this.#evict(this.#idle);
  }

  async #evict(keep: number): Promise<void> {
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    const old = idle.slice(0, Math.max(0, idle.length - keep));
    for (const [key] of old) this.#entries.delete(key);
    for (const [, { program }] of old) await (await program).dispose();
  }

  /** Frees every program that nobody uses. */
  async clear(): Promise<void> {
    await this.#evict(0);
  }

  /** Programs held, and how many of them are in use. */
  get size(): { programs: number; used: number } {
    const entries = [...this.#entries.values()];
    return { programs: entries.length, used: entries.filter(({ users }) => users > 0).length };
  }
}
