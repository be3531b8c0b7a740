// Errors as plain data, so that they survive the way from a worker to the master's log.

/** An error without its class: what a log line needs, the chain of causes included. */
export interface SerializedError {
  name: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: SerializedError;
}

/** Causes nested deeper than this are cut: a chain that long tells nobody more. */
const MAX_CAUSES = 5;

/** Returns `error` as plain data; values that are no errors become their text. Never throws. */
export function serializeError(error: unknown, depth: number = MAX_CAUSES): SerializedError {
  if (!(error instanceof Error)) return { name: 'Thrown', message: describeThrown(error) };
  const plain: SerializedError = { name: error.name, message: error.message };
  if ('code' in error && typeof error.code === 'string') plain.code = error.code;
  if (typeof error.stack === 'string') plain.stack = error.stack;
  if (error.cause !== undefined && depth > 0) plain.cause = serializeError(error.cause, depth - 1);
  return plain;
}

function describeThrown(value: unknown): string {
  try {
    return `a value that is no error was thrown: ${String(value)}`;
  } catch {
    // An object whose toString throws.
    return 'a value that is no error, and cannot be shown, was thrown';
  }
}
