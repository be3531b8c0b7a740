// Reads a configuration file that is a module: its default export.

import { importModule } from '../import-module.ts';

/** @param path - absolute */
export async function readModule(path: string): Promise<unknown> {
  const { default: exported } = await importModule(path);
  // TypeScript that is compiled to CommonJS has its default export within the default export.
  const isNested = typeof exported === 'object' && exported !== null && 'default' in exported;
  return isNested ? exported.default : exported;
}
