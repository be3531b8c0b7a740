// The kinds of values that options have: each a schema, which takes the text of a flag or variable as
// well as a file's own values, and the way back to text.

import { z } from 'zod';
import { show, unexpected } from './expectation.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts';

/** A kind of value. */
export interface ValueType<T> {
  readonly schema: z.ZodType<T>;
  /** A `list` is repeatable; a `switch` stands for itself on the command line. */
  readonly shape: 'scalar' | 'list' | 'switch';
  /** Returns the value as text that the schema reads; never called for `undefined`. */
  format(value: T & {}): string;
}

/** Text that `parse` understands; it throws an error whose message says what was expected and got. */
export function scalar<T>(
  parse: (text: string) => T,
  format: (value: T & {}) => string = String,
): ValueType<T> {
  const schema = z
    .union([z.string(), z.number()], { error: ({ input }) => `expected text, got ${show(input)}` })
    .transform((value, context) => {
      try {
        return parse(String(value));
      } catch (error) {
        context.addIssue(error instanceof Error ? error.message : String(error));
        return z.NEVER;
      }
    });
  return { schema, shape: 'scalar', format };
}

/** Any text but none. */
export function text(expected: string): ValueType<string> {
  return scalar((given) => {
    if (given === '' || given.includes('\0')) throw unexpected(expected, given);
    return given;
  });
}

export function wholeNumber(min: number, max: number): ValueType<number> {
  return scalar((given) => {
    const number = /^\d{1,15}$/.test(given) ? Number(given) : -1;
    if (number < min || number > max) {
      throw unexpected(`a whole number from ${min} to ${max}`, given);
    }
    return number;
  });
}

export function choice<T extends string>(...choices: readonly T[]): ValueType<T> {
  return scalar((given) => {
    const found = choices.find((one) => one === given);
    if (found === undefined) throw unexpected(`one of ${choices.join(', ')}`, given);
    return found;
  });
}

/** Milliseconds; not below `minMs`. */
export function duration(minMs: number = 0): ValueType<number> {
  return scalar((given) => parseDuration(given, minMs), formatDuration);
}

/** Bytes; not below `minBytes`. */
export function size(minBytes: number = 0): ValueType<number> {
  return scalar((given) => parseSize(given, minBytes), formatSize);
}

/** On or off. */
export function toggle(): ValueType<boolean> {
  const schema = z.union([z.boolean(), z.stringbool()], {
    error: ({ input }) => `expected on or off, got ${show(input)}`,
  });
  return { schema, shape: 'switch', format: (value) => (value ? 'on' : 'off') };
}

/** On or off, said with the flag: for what is on unless turned off. */
export function onOrOff(): ValueType<boolean> {
  return { ...toggle(), shape: 'scalar' };
}

/** The same, or `off`, which a file may also write as `false`: `undefined`. */
export function orOff<T>(type: ValueType<T>): ValueType<T | undefined> {
  const schema = z
    .unknown()
    .transform((value) => (value === 'off' || value === false ? undefined : value))
    .pipe(type.schema.optional());
  return { ...type, schema };
}

/** Any number of them; a file may write a single one without brackets. */
export function list<T>(item: ValueType<T & {}>): ValueType<readonly (T & {})[]> {
  const schema = z
    .unknown()
    .transform((value) => (Array.isArray(value) ? value : [value]))
    .pipe(z.array(item.schema));
  return {
    schema,
    shape: 'list',
    format: (values) => values.map((value) => item.format(value)).join(' '),
  };
}

/**
 * Permission bits, octal. Text only: as numbers, JavaScript's 0o660 and JSON's 660 are two different modes.
 */
export function octalMode(expected: string): ValueType<number> {
  const digits = scalar(
    (given) => {
      if (!/^0?[0-7]{3}$/.test(given)) throw unexpected(expected, given);
      return Number.parseInt(given, 8);
    },
    (mode) => mode.toString(8).padStart(4, '0'),
  );
  const onlyText = z.unknown().refine((given): boolean => typeof given === 'string', {
    error: ({ input }) => `expected ${expected}, got ${show(input)}`,
  });
  return { ...digits, schema: onlyText.pipe(digits.schema) };
}
