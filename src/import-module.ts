// Imports a module of the application's, TypeScript included: by Node itself where it strips
// types, otherwise through tsx, which is loaded only then.

import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Of files that are TypeScript. */
export const TYPESCRIPT_EXTENSIONS: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts']);

/** The exports of a module, by name. */
export type ModuleExports = Record<string, unknown>;

/**
 * Imports a file as a module: ES module, CommonJS (its `module.exports` is `default`) or TypeScript.
 *
 * @param file - absolute path
 */
export async function importModule(file: string): Promise<ModuleExports> {
  const url = pathToFileURL(file).href;
  if (!TYPESCRIPT_EXTENSIONS.has(extname(file)) || canStripTypes()) return import(url);
  const { tsImport } = await import('tsx/esm/api');
  return tsImport(url, import.meta.url);
}

/** Whether Node runs TypeScript by itself. */
export function canStripTypes(): boolean {
  return 'typescript' in process.features && Boolean(process.features.typescript);
}
