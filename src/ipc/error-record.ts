// Turns an error into plain data, for the way from a worker to its master and for the log: name,
// message, code, stack with its causes.
// Made to survive hostile errors: frozen ones, throwing getters, causes that form a circle.

import { inspect } from 'node:util';

/** What a log record says of an error. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** The stack, then `caused by` and the stack of each cause. */
  readonly stack: string;
}

const MAX_CAUSES = 8;

/** Describes an error, or whatever else was thrown. Never throws. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) {
    const message = `not an error was thrown, but ${text(error) || String(error)}`;
    return { name: 'Thrown', message, stack: message };
  }
  const code = read(error, 'code');
  return {
    name: text(read(error, 'name')) || 'Error',
    message: text(read(error, 'message')),
    ...(typeof code === 'string' ? { code } : {}),
    stack: stackWithCauses(error),
  };
}

/** What the log says of an error that this program made of another: without a cause its stack tells nobody anything. */
export function causeOf(record: ErrorRecord): { err?: ErrorRecord } {
  return record.stack.includes('caused by') ? { err: record } : {};
}

function stackWithCauses(error: Error): string {
  const seen = new Set<unknown>();
  const stacks: string[] = [];
  let cause: unknown = error;
  while (cause !== undefined && !seen.has(cause) && seen.size < MAX_CAUSES) {
    seen.add(cause);
    stacks.push(cause instanceof Error ? ownStack(cause) : text(cause));
    for (const member of members(cause)) stacks.push(`  one of them: ${ownStack(member)}`);
    cause = cause instanceof Error ? read(cause, 'cause') : undefined;
  }
  return stacks.join('\ncaused by ');
}

function members(error: unknown): Error[] {
  if (!(error instanceof AggregateError)) return [];
  return error.errors.filter((member) => member instanceof Error).slice(0, MAX_CAUSES);
}

/** The stack, or at least name and message: a stack may be missing, or set to anything. */
function ownStack(error: Error): string {
  const stack = read(error, 'stack');
  if (typeof stack === 'string' && stack !== '') return stack;
  return `${text(read(error, 'name')) || 'Error'}: ${text(read(error, 'message'))}`;
}

function read(object: object, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name];
  } catch {
    // a getter of the application's that throws
    return undefined;
  }
}

function text(value: unknown): string {
  try {
    if (value === undefined) return '';
    return typeof value === 'string' ? value : inspect(value, { breakLength: Infinity });
  } catch {
    // an object that refuses to be looked at
    return Object.prototype.toString.call(value);
  }
}
