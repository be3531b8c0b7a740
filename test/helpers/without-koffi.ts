// A process where no C function can be called.

import fs from 'node:fs';
import path from 'node:path';
import { tempDir } from './temp-dir.ts';

/** Returns an environment that makes `require('koffi')` fail, as where it is not installed. */
export function withoutKoffi(): Record<string, string> {
  const file = path.join(tempDir(), 'without-koffi.cjs');
  const hook = `const M = require('node:module'), load = M._load;
    M._load = (name, ...rest) => {
      if (name === 'koffi') throw new Error('not installed');
      return load(name, ...rest);
    };`;
  fs.writeFileSync(file, hook);
  return { NODE_OPTIONS: `--require ${file}` };
}
