// The error of a handler module that cannot be used, and the words for one that cannot be imported.

import { fileURLToPath } from 'node:url';
import { ServerError } from '../errors.ts';

/** Where this program is: no error of a handler's is to be looked for there. */
export const OWN_FOLDER: string = fileURLToPath(new URL('..', import.meta.url));
const SYNTAX_CHECK_TIMEOUT_MS = 5_000;
/** A file and line, as a stack frame or the head of a syntax error names it. */
const LOCATION = /(?:^|[\s(])(?:file:\/\/)?(\/[^\s()]*?:\d+(?::\d+)?)(?=[\s):]|$)/gm;

/** What is known about a failed load besides the message. */
export interface HandlerLoadErrorOptions extends ErrorOptions {
  /** Missing files have their own code; `ERR_SCGI_HANDLER_LOAD` unless told. */
  readonly code?: 'ERR_SCGI_HANDLER_LOAD' | 'ERR_SCGI_HANDLER_MISSING';
}

/** A handler module is missing, throws while it loads, or exports nothing usable. */
export class HandlerLoadError extends ServerError {
  /** The module's file, absolute path. */
  readonly specifier: string;

  constructor(specifier: string, message: string, options: HandlerLoadErrorOptions = {}) {
    super(options.code ?? 'ERR_SCGI_HANDLER_LOAD', message, options);
    this.specifier = specifier;
  }
}

/** What has been thrown by imports of handlers. */
const importFailures = new Set<unknown>();

/**
 * Whether an unhandled rejection is nothing but the failure of an import, which is handled: Node 20 tells
 * of it a second time when an ES module imports a CommonJS module that throws.
 */
export function isImportFailure(error: unknown): boolean {
  return importFailures.has(error);
}

/**
 * Describes a failed import in one line.
 *
 * @param file - absolute path of the module
 * @param error - what importing it threw
 */
export async function describeImportFailure(file: string, error: unknown): Promise<string> {
  importFailures.add(error);
  if (!(error instanceof Error))
    return `cannot load the handler ${file}: it threw ${String(error)}`;
  const message = `${error.name}: ${error.message}`.replaceAll(/\s*\n\s*/g, ' ');
  const location = findLocation(error.stack) ?? (await findSyntaxError(file, error));
  const isKnown = location === undefined || message.includes(location);
  return `cannot load the handler ${file}: ${message}${isKnown ? '' : ` (at ${location})`}`;
}

/** Returns the file and line that a stack, or what node prints of a syntax error, names first. */
export function findLocation(stack: string | undefined): string | undefined {
  // Frames of Node's own (node:internal/…) do not match: they name no absolute path.
  const locations = [...(stack ?? '').matchAll(LOCATION)].map(([, location]) => location);
  return locations.find((location) => location?.startsWith(OWN_FOLDER) === false);
}

/** Node 20 and 22 keep the location of an ES module's syntax error to themselves; ask its checker. */
async function findSyntaxError(file: string, error: Error): Promise<string | undefined> {
  return error instanceof SyntaxError ? findLocation(await checkSyntax(file)) : undefined;
}

/** Returns what node has to say about the syntax of a file; undefined if it is fine. */
export async function checkSyntax(file: string): Promise<string | undefined> {
  const { execFile } = await import('node:child_process');
  return new Promise((settle) => {
    execFile(
      process.execPath,
      ['--check', file],
      { timeout: SYNTAX_CHECK_TIMEOUT_MS },
      (failure, _stdout, stderr) => settle(failure ? stderr : undefined),
    );
  });
}
