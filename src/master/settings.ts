// The settings in force, and how a reload comes to others.

import type { Config } from '../config/config.ts';
import type { ReloadedConfig } from '../config/reloaded.ts';
import { reloadedConfig } from '../config/reloaded.ts';
import type { ResolvedConfig } from '../config/resolve.ts';

/** Reading takes a moment; a network drive that does not answer is not waited for. Milliseconds. */
const LONGEST_READ_MS = 30_000;

export class Settings {
  readonly #read: () => Promise<ResolvedConfig>;
  #present: ResolvedConfig;

  /**
   * @param present - what the server was started with
   * @param read - reads and checks anew what it was started with
   */
  constructor(present: ResolvedConfig, read: () => Promise<ResolvedConfig>) {
    this.#present = present;
    this.#read = read;
  }

  get config(): Config {
    return this.#present.config;
  }

  /** Where each value comes from. */
  get sources(): ResolvedConfig['sources'] {
    return this.#present.sources;
  }

  /** Returns what would be in force after a reload. @throws what is wrong with it */
  async readAnew(): Promise<ReloadedConfig> {
    let clock: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      const error = new Error(`the settings could not be read within ${LONGEST_READ_MS} ms`);
      clock = setTimeout(reject, LONGEST_READ_MS, error);
    });
    try {
      return reloadedConfig(this.#present, await Promise.race([this.#read(), overdue]));
    } finally {
      clearTimeout(clock);
    }
  }

  take({ config, sources }: ResolvedConfig): void {
    this.#present = { config, sources };
  }
}
