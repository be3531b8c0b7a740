// The error of a handler module that cannot be used, and the words for one that cannot be imported.

import { ServerError } from '../errors.ts';

const SYNTAX_CHECK_TIMEOUT_MS = 5_000;
/** A file and line, as a stack frame or the head of a syntax error names it. */
const LOCATION = /(?:^|[\s(])(?:file:\/\/)?(\/[^\s()]*?:\d+(?::\d+)?)(?=[\s):]|$)/m;

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

/**
 * Describes a failed import in one line.
 *
 * @param file - absolute path of the module
 * @param error - what importing it threw
 */
export async function describeImportFailure(file: string, error: unknown): Promise<string> {
  if (!(error instanceof Error))
    return `cannot load the handler ${file}: it threw ${String(error)}`;
  const message = `${error.name}: ${error.message}`.replaceAll(/\s*\n\s*/g, ' ');
  const location = findLocation(error.stack) ?? (await findSyntaxError(file, error));
  const isKnown = location === undefined || message.includes(location);
  return `cannot load the handler ${file}: ${message}${isKnown ? '' : ` (at ${location})`}`;
}

function findLocation(stack: string | undefined): string | undefined {
  // Frames of Node's own (node:internal/…) do not match: they name no absolute path.
  return LOCATION.exec(stack ?? '')?.[1];
}

/** Node 20 and 22 keep the location of an ES module's syntax error to themselves; ask its checker. */
async function findSyntaxError(file: string, error: Error): Promise<string | undefined> {
  if (!(error instanceof SyntaxError)) return undefined;
  const { execFile } = await import('node:child_process');
  return new Promise((settle) => {
    execFile(
      process.execPath,
      ['--check', file],
      { timeout: SYNTAX_CHECK_TIMEOUT_MS },
      (failure, _stdout, stderr) => settle(failure ? findLocation(stderr) : undefined),
    );
  });
}
