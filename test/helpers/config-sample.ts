// Files of config/ as the tests run them: as they stand, but for values that belong to one machine.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CONFIG = fileURLToPath(new URL('../../config', import.meta.url));

/** Text of a file, and what stands there instead. */
export type Replacement = readonly [text: string, by: string];

/** Returns the text of a file in config/. A text to replace that it no longer has is an error, not a silent no-op. */
export function adaptSample(name: string, replacements: readonly Replacement[]): string {
  return replacements.reduce(
    (text, [from, to]) => {
      const parts = text.split(from);
      if (parts.length < 2) throw new Error(`config/${name} does not have the text: ${from}`);
      return parts.join(to);
    },
    fs.readFileSync(path.join(CONFIG, name), 'utf8'),
  );
}
