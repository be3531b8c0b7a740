// Finds the handler: module path -> Handler. Says what was found where there is none.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { importModule } from '../import-module.ts';
import { demoHandler } from './demo-handler.ts';
import { bound, kindOf, listExports, lookAt, member, methodOf } from './exported.ts';
import type { PlainFunction } from './exported.ts';
import type { Handler, StartContext } from './handler.ts';
import { describeImportFailure, HandlerLoadError } from './handler-error.ts';
import type { Candidate, HandlerKind, Owner } from './handler-kinds.ts';
import { DEFAULT_KINDS, EXPORTED_KINDS } from './handler-kinds.ts';
import { withoutListening } from './without-listening.ts';

const ACCEPTED = `Accepted: an exported function ${list(EXPORTED_KINDS, ' or ')}; or, as the \
default export, ${list(DEFAULT_KINDS, '; ')}. For example: \
export const produce = (env, bodySize, input, output) => output.end('Content-Type: text/plain\\r\\n\\r\\nHello\\n');`;

/**
 * Loads the application.
 *
 * @param path - module file, CommonJS, ES module or TypeScript; `undefined` for the built-in demo
 * @param context - given to the constructor when the module exports a class
 * @param mount - where the application is mounted, as `requestTarget` takes it
 * @returns the handler, its functions bound to the object that they belong to
 * @throws {@link HandlerLoadError} when the file is missing, throws, or exports nothing usable
 */
export async function loadHandler(
  path: string | undefined,
  context: StartContext,
  mount: string = '',
): Promise<Handler> {
  if (path === undefined) return demoHandler;
  const file = resolve(path);
  await requireFile(file);
  const exports = await withoutListening(() => importModule(file)).catch(async (error: unknown) => {
    throw new HandlerLoadError(file, await describeImportFailure(file, error), { cause: error });
  });
  const owner = await findOwner({ ...lookAt(exports), file, context, mount });
  return { produce: owner.produce, ...lifeCycle(file, [owner.object, exports]) };
}

async function requireFile(file: string): Promise<void> {
  const reason = await stat(file).then(
    (stats) => (stats.isFile() ? undefined : 'it is not a file'),
    (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? 'there is no such file' : error.message,
  );
  if (reason === undefined) return;
  throw new HandlerLoadError(file, `cannot load the handler ${file}: ${reason}`, {
    code: 'ERR_SCGI_HANDLER_MISSING',
  });
}

function list(kinds: readonly HandlerKind[], separator: string): string {
  return kinds.map(({ accepted }) => accepted).join(separator);
}

async function findOwner(candidate: Candidate): Promise<Owner> {
  for (const kind of [...EXPORTED_KINDS, ...DEFAULT_KINDS]) {
    const owner = await kind.find(candidate);
    if (owner !== undefined) return owner;
  }
  const { file } = candidate;
  const found = listExports(candidate);
  throw new HandlerLoadError(file, `${file} exports no handler. Found: ${found}. ${ACCEPTED}`);
}

/** Finds `start` and `stop` beside `produce`, or else among the module's exports. */
function lifeCycle(file: string, places: unknown[]): Pick<Handler, 'start' | 'stop'> {
  const find = (name: 'start' | 'stop'): PlainFunction | undefined => {
    const place = places.find((candidate) => member(candidate, name) !== undefined);
    if (place === undefined) return undefined;
    const method = methodOf(place, name);
    if (method !== undefined) return bound(place, method);
    const found = kindOf(member(place, name));
    throw new HandlerLoadError(file, `"${name}" of ${file} must be a function; found ${found}`);
  };
  const [start, stop] = [find('start'), find('stop')];
  return { ...(start && { start }), ...(stop && { stop }) };
}
