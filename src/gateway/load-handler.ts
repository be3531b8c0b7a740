// Finds the handler: module path -> Handler. The one place that knows which exports are accepted,
// and that says what was found instead.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { demoHandler } from './demo-handler.ts';
import type { Handler, Produce, StartContext } from './handler.ts';
import { describeImportFailure, HandlerLoadError } from './handler-error.ts';
import type { ModuleExports } from '../import-module.ts';
import { importModule } from '../import-module.ts';

type Callable = (...args: never[]) => unknown;

/** Fewer parameters than `env, bodySize, input, output` belong to some other kind of function. */
const PRODUCE_ARITY = 4;

const ACCEPTED = `Accepted: an exported function "produce"; or, as the default export, a class or an object \
with a method "produce", a function named "produce", or a function of at least four parameters. For example: \
export const produce = (env, bodySize, input, output) => output.end('Content-Type: text/plain\\r\\n\\r\\nHello\\n');`;

/**
 * Loads the application.
 *
 * @param path - module file, CommonJS, ES module or TypeScript; `undefined` for the built-in demo
 * @param context - given to the constructor when the module exports a class
 * @returns the handler, its functions bound to the object that they belong to
 * @throws {@link HandlerLoadError} when the file is missing, throws, or exports nothing usable
 */
export async function loadHandler(
  path: string | undefined,
  context: StartContext,
): Promise<Handler> {
  if (path === undefined) return demoHandler;
  const file = resolve(path);
  await requireFile(file);
  const exports = await importModule(file).catch(async (error: unknown) => {
    throw new HandlerLoadError(file, await describeImportFailure(file, error), { cause: error });
  });
  const owner = findOwner(file, exports, context);
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

/** What has `produce`, and perhaps `start` and `stop` with it. */
interface Owner {
  readonly object: unknown;
  readonly produce: Produce;
}

/** The accepted exports, in order of preference. */
function findOwner(file: string, exports: ModuleExports, context: StartContext): Owner {
  const main = defaultExport(exports);
  if (isPlainFunction(exports['produce'])) {
    // The methods of a CommonJS module's object may use each other through `this`.
    const object = methodOf(main, 'produce') === exports['produce'] ? main : exports;
    return { object, produce: bound(object, exports['produce']) };
  }
  const object = isClassWithProduce(main) ? construct(file, main, context) : main;
  const method = isPlainFunction(main) ? undefined : methodOf(object, 'produce');
  if (method !== undefined) return { object, produce: bound(object, method) };
  if (isPlainFunction(main) && (main.name === 'produce' || main.length >= PRODUCE_ARITY)) {
    return { object: main, produce: main as Produce };
  }
  throw new HandlerLoadError(
    file,
    `${file} exports no handler. Found: ${listExports(exports, main)}. ${ACCEPTED}`,
  );
}

/** What compilers make of `export default` in CommonJS: `module.exports.default`. */
function defaultExport(exports: ModuleExports): unknown {
  const main = exports['default'];
  return isObject(main) && main['__esModule'] === true && 'default' in main
    ? main['default']
    : main;
}

type HandlerClass = new (context: StartContext) => object;

function construct(file: string, handlerClass: HandlerClass, context: StartContext): object {
  try {
    return new handlerClass(context);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HandlerLoadError(
      file,
      `the constructor of class ${handlerClass.name || '(anonymous)'} in ${file} failed: ${reason}`,
      { cause: error },
    );
  }
}

/** Finds `start` and `stop` beside `produce`, or else among the module's exports. */
function lifeCycle(file: string, places: unknown[]): Pick<Handler, 'start' | 'stop'> {
  const find = (name: 'start' | 'stop'): Callable | undefined => {
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

/** Bound once here, so that a request costs a plain call. */
function bound(object: unknown, method: Callable): Produce {
  return method.bind(object) as Produce;
}

function member(object: unknown, name: string): unknown {
  return isObject(object) || typeof object === 'function'
    ? (object as ModuleExports)[name]
    : undefined;
}

function methodOf(object: unknown, name: string): Callable | undefined {
  const method = member(object, name);
  return isPlainFunction(method) ? method : undefined;
}

function isObject(value: unknown): value is ModuleExports {
  return typeof value === 'object' && value !== null;
}

function isClass(value: unknown): value is HandlerClass {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function isClassWithProduce(value: unknown): value is HandlerClass {
  return isClass(value) && methodOf(value.prototype, 'produce') !== undefined;
}

function isPlainFunction(value: unknown): value is Callable {
  return typeof value === 'function' && !isClass(value);
}

function listExports(exports: ModuleExports, main: unknown): string {
  const names = Object.keys(exports).filter((name) => name !== '__esModule');
  const found = names.map((name) => {
    return `${name} (${kindOf(name === 'default' ? main : exports[name])})`;
  });
  return found.length > 0 ? found.join(', ') : 'no exports at all';
}

function kindOf(value: unknown): string {
  if (isClass(value)) return `class ${value.name || 'without name'}`;
  if (typeof value === 'function') return `function of ${value.length} parameters`;
  if (Array.isArray(value)) return 'array';
  if (!isObject(value)) return value === null ? 'null' : typeof value;
  const keys = Object.keys(value).slice(0, 5);
  return keys.length > 0 ? `object with ${keys.join(', ')}` : 'empty object';
}
