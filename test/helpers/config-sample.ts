// Files of config/ as the tests run them: as they stand, but for values that belong to one machine.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CONFIG = fileURLToPath(new URL('../../config', import.meta.url));

/** Text of a file, and what stands there instead. */
export type Replacement = readonly [text: string, by: string];

/**
 * Returns the text of a file in config/. What it no longer has is an error, not a silent no-op.
 *
 * @param uncomment - first lines of blocks that are commented out and are to be put in force, without
 * their `# `
 */
export function adaptSample(
  name: string,
  replacements: readonly Replacement[],
  uncomment: readonly string[] = [],
): string {
  const sample = fs.readFileSync(path.join(CONFIG, name), 'utf8');
  const whole = uncomment.reduce((text, line) => revive(name, text, line), sample);
  return replacements.reduce((text, [from, to]) => {
    const parts = text.split(from);
    if (parts.length < 2) throw new Error(`config/${name} does not have the text: ${from}`);
    return parts.join(to);
  }, whole);
}

/** Takes the comment marks off the lines from `first` to the next that has none. */
function revive(name: string, text: string, first: string): string {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line.trim() === `# ${first}`);
  if (begin < 0) throw new Error(`config/${name} does not have the line: # ${first}`);
  const length = lines.slice(begin).findIndex((line) => !line.trim().startsWith('#'));
  const block = lines.splice(begin, length).map((line) => line.replace(/# ?/, ''));
  lines.splice(begin, 0, ...block);
  return lines.join('\n');
}
