// Finds out which files a handler is made of, for the master that watches them.

import module, { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { OWN_FOLDER } from '../gateway/handler-error.ts';

/** How often it is looked for what CommonJS modules have required since, milliseconds. */
const LOOK_EVERY_MS = 500;
/** An absolute path with a line, as a stack frame or a compiler's message names it. */
const LOCATION = /(?:^|[\s(])(?:file:\/\/)?(\/[^\s():?]+)(?:\?[^\s():]*)?:\d+/gm;
/** What a require without an extension may have meant. */
const ENDINGS = ['', '.js', '.cjs', '.json', '.ts', '/index.js'];

type LoadHook = (
  url: string,
  context: unknown,
  next: (url: string, context: unknown) => unknown,
) => unknown;

/** The newer way to see modules, in the same thread and for CommonJS as well: Node 22.15 has it. */
interface ModuleWithHooks {
  registerHooks?: (hooks: { load: LoadHook }) => void;
}

export class ImportTrace {
  readonly #tell: (files: string[]) => void;
  readonly #known = new Set<string>();
  #untold: string[] = [];

  /** @param tell - told of files that were not known before: absolute paths, not of packages */
  constructor(tell: (files: string[]) => void) {
    this.#tell = tell;
  }

  /** All that are known, those loaded last at the end. */
  get files(): string[] {
    return [...this.#known];
  }

  /** Begins, and goes on for as long as the process lives. */
  start(): void {
    this.#hook();
    setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  /** Looks for what has been required meanwhile. */
  look(): void {
    const { cache } = createRequire(import.meta.url);
    for (const file of Object.keys(cache)) this.#note(file);
  }

  /** Looks into an error of the handler's loading: for files that fail, or are missing. */
  lookInto(error: unknown): void {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      for (const [, file = ''] of `${cause.message}\n${cause.stack}`.matchAll(LOCATION))
        this.#note(file);
      for (const file of missingFiles(cause)) this.#note(file);
    }
  }

  #hook(): void {
    const { registerHooks } = module as ModuleWithHooks;
    if (registerHooks !== undefined) {
      registerHooks({ load: (url, context, next) => (this.#noteUrl(url), next(url, context)) });
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (url: string) => this.#noteUrl(url)).unref();
    const hooks = new URL('./import-hooks.js', import.meta.url);
    module.register(hooks, { data: { port: port2 }, transferList: [port2] });
  }

  #noteUrl(url: string): void {
    if (url.startsWith('file:')) this.#note(fileURLToPath(url));
  }

  #note(name: string): void {
    // The TypeScript loader marks the files that it has loaded.
    const [file = ''] = name.split('?', 1);
    if (!file.startsWith('/') || file.startsWith(OWN_FOLDER) || file.includes('/node_modules/'))
      return;
    if (this.#known.has(file)) return;
    this.#known.add(file);
    if (this.#untold.push(file) === 1) setImmediate(() => this.#tellAll());
  }

  #tellAll(): void {
    const files = this.#untold;
    this.#untold = [];
    this.#tell(files);
  }
}

/** Where the module was looked for that an error says cannot be found. */
function missingFiles(
  error: Error & { code?: unknown; requireStack?: readonly string[] },
): string[] {
  const [, name = ''] = /^Cannot find module '([^']+)'/.exec(error.message) ?? [];
  const { code, requireStack = [] } = error;
  if (code === 'ERR_MODULE_NOT_FOUND') return [name];
  const [from] = requireStack;
  if (code !== 'MODULE_NOT_FOUND' || from === undefined || !/^[./]/.test(name)) return [];
  const path = resolve(dirname(from), name);
  return ENDINGS.map((ending) => path + ending);
}
