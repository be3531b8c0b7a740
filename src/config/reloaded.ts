// What a reload makes of the settings in force and those that it has read. Pure.

import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { crossCheck } from './cross-check.ts';
import { OPTIONS } from './option-table.ts';
import type { ResolvedConfig } from './resolve.ts';

/** Settings that a reload brings. */
export interface ReloadedConfig extends ResolvedConfig {
  /** Keys of values that become others. */
  readonly changed: readonly (keyof Config)[];
  /** Keys of values that are others by now, and that only a restart can change. */
  readonly ignored: readonly (keyof Config)[];
}

/**
 * Puts the settings together that are in force after a reload: those that were read, but for what a reload
 * cannot change.
 *
 * @throws {@link ConfigError} when what was read does not go together with what stays
 */
export function reloadedConfig(present: ResolvedConfig, read: ResolvedConfig): ReloadedConfig {
  const differing = OPTIONS.filter(
    ({ key }) => !isDeepStrictEqual(present.config[key], read.config[key]),
  );
  const ignored = differing.filter(({ onReload }) => onReload === 'stays').map(({ key }) => key);
  const changed = differing.filter(({ onReload }) => onReload === 'changes').map(({ key }) => key);
  const kept = OPTIONS.filter(({ onReload }) => onReload === 'stays').map(({ key }) => key);
  const config = Object.freeze({ ...read.config, ...only(present.config, kept) });
  const sources = Object.freeze({ ...read.sources, ...only(present.sources, kept) });
  const problems = crossCheck(config, sources);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, sources, changed, ignored };
}

function only<T extends object>(values: T, keys: readonly (keyof T)[]): Partial<T> {
  return Object.fromEntries(keys.map((key) => [key, values[key]])) as Partial<T>;
}
