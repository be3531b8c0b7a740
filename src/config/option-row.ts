// What one row of the option table says.

import type { ValueType } from './value-type.ts';

/** An option: from its key follow its flag and its environment variable. */
export interface OptionRow<T> {
  readonly type: ValueType<T>;
  /** Given without a flag. */
  readonly isPositional?: true;
  /** Name of the value in help, such as `N`; a switch and a positional argument have none. */
  readonly valueName?: string;
  /** As a person writes it; absent: no value, or none in the list. */
  readonly default?: string;
  /** What it is instead where CGI programs answer. */
  readonly cgiDefault?: string;
  /** The default in words, where the value alone does not tell. */
  readonly defaultText?: string;
  /** A foreign environment variable that takes the place of the default. */
  readonly defaultVariable?: string;
  /** What a reload does with another value: takes it, or goes on with the one that the server started with. */
  readonly onReload: 'changes' | 'stays';
  /** One line. */
  readonly description: string;
}

/** The rows of an interface of resolved values: one for each, of its type. */
export type OptionRows<C> = { readonly [K in keyof C]-?: OptionRow<C[K]> };
