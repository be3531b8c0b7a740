// Merges defaults < file < environment < flags into one configuration, or reports every problem
// of all of them at once. Pure: what it merges is given to it.

import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigSources, crossCheck } from './cross-check.ts';
import { type Option, OPTIONS, VARIABLE_PREFIX } from './option-table.ts';
import { didYouMean } from './suggest.ts';

/** Where values come from, as they were found there. */
export interface ConfigInput {
  /** Values by option key; flags that were not given are absent. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: ConfigFile | undefined;
}

/** A configuration file that was read. */
export interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface ResolvedConfig {
  readonly config: Config;
  readonly sources: ConfigSources;
}

/** What an option comes to. */
interface Outcome {
  readonly key: keyof Config;
  readonly value: unknown;
  readonly source: string;
  readonly problems: readonly string[];
}

/** A value that was given somewhere. */
interface GivenValue {
  readonly value: unknown;
  readonly source: string;
  /** Where a problem with it is: the source, and in a file the key. */
  readonly place: string;
}

/**
 * Resolves the configuration. A list is replaced as a whole by the next higher source; an empty
 * variable counts as not set, and the items of a list in a variable are separated by spaces.
 *
 * @throws {@link ConfigError} with all problems, those of values that a higher source replaces included
 */
export function resolveConfig(input: ConfigInput): ResolvedConfig {
  const isCgi = isGiven('cgi', input);
  const outcomes = OPTIONS.map((option) => resolveOption(withDefault(option, isCgi), input));
  const valid = outcomes.filter(({ problems }) => problems.length === 0);
  // The compiler holds the schema in each row to the type of its key, but cannot see it here.
  const sources = Object.fromEntries(
    valid.map(({ key, source }) => [key, source]),
  ) as ConfigSources;
  const values = Object.fromEntries(valid.map(({ key, value }) => [key, value])) as Partial<Config>;
  const found = replaceDefaultPort(values, sources);

  const problems = outcomes.flatMap((outcome) => outcome.problems);
  problems.push(...unknownNames(input), ...crossCheck(found.config, found.sources));
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: Object.freeze(found.config) as Config, sources: Object.freeze(found.sources) };
}

/** Whether an option has a value. */
function isGiven(key: keyof Config, input: ConfigInput): boolean {
  const option = OPTIONS.find((one) => one.key === key);
  return option !== undefined && resolveOption(option, input).value !== undefined;
}

function withDefault(option: Option, isCgi: boolean): Option {
  const { cgiDefault } = option;
  return isCgi && cgiDefault !== undefined ? { ...option, default: cgiDefault } : option;
}

function resolveOption(option: Option, input: ConfigInput): Outcome {
  let value: unknown = option.type.shape === 'list' ? Object.freeze([]) : undefined;
  let source = 'default';
  const problems: string[] = [];
  for (const given of givenValues(option, input)) {
    const { success, data, error } = option.type.schema.safeParse(given.value);
    if (success) [value, source] = [deepFreeze(data), given.source];
    else problems.push(...error.issues.map(({ message }) => `${given.place}: ${message}`));
  }
  return { key: option.key, value, source, problems };
}

/** Returns what is given for an option, by rising precedence. */
function givenValues(option: Option, { flags, env, file }: ConfigInput): GivenValue[] {
  const { key, flag, variable, defaultVariable } = option;
  const given: GivenValue[] = [];
  const add = (value: unknown, source: string, place: string = source): void => {
    if (value !== undefined) given.push({ value, source, place });
  };
  add(option.default, 'default');
  if (defaultVariable !== undefined) add(fromText(env[defaultVariable], option), defaultVariable);
  if (file !== undefined) add(file.values[key], file.path, `${file.path}: ${key}`);
  add(fromText(env[variable], option), variable);
  add(flags[key], flag);
  return given;
}

function fromText(text: string | undefined, { type }: Option): unknown {
  if (text === undefined || text.trim() === '') return undefined;
  return type.shape === 'list' ? text.trim().split(/\s+/) : text;
}

/** The default port gives way to listeners that were asked for; a port or host that was given does not. */
function replaceDefaultPort(
  config: Partial<Config>,
  sources: ConfigSources,
): { config: Partial<Config>; sources: ConfigSources } {
  const isDefault = sources.port === 'default' && sources.host === 'default';
  const by = config.socket !== undefined ? 'socket' : 'listen';
  const isReplaced = config.socket !== undefined || (config.listen ?? []).length > 0;
  if (!isDefault || !isReplaced) return { config, sources };
  return { config: { ...config, port: undefined }, sources: { ...sources, port: sources[by] } };
}

function unknownNames({ env, file }: ConfigInput): string[] {
  const keys = OPTIONS.map(({ key }) => key as string);
  const variables = OPTIONS.map(({ variable }) => variable);
  const inFile = Object.keys(file?.values ?? {})
    .filter((name) => !keys.includes(name))
    .map((name) => `${file?.path}: unknown option ${name}${didYouMean(name, keys)}`);
  const inEnvironment = Object.keys(env)
    .filter((name) => name.startsWith(VARIABLE_PREFIX) && !variables.includes(name))
    .map((name) => `${name}: unknown option${didYouMean(name, variables)}`);
  return [...inFile, ...inEnvironment];
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
