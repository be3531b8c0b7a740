// The page's style and script, as the build has left them. Read once, when the page is first wanted.

import { readFileSync } from 'node:fs';

export interface PageAssets {
  readonly style: string;
  readonly script: string;
}

/** Not compiled, this file is beside their sources; what was built last is taken then. */
const FOLDER = import.meta.url.endsWith('.ts') ? '../../dist/status-page/browser/' : './browser/';

export function readAssets(): PageAssets {
  return { style: read('style.css'), script: read('main.js') };
}

function read(name: string): string {
  return readFileSync(new URL(FOLDER + name, import.meta.url), 'utf8');
}
