// "Did you mean": the known name nearest to an unknown one. Pure.

import leven from 'leven';

const MAX_DISTANCE = 3;

/** Returns ` (did you mean ...?)`, or nothing where no known name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  let nearest: string | undefined;
  let shortest = Math.min(MAX_DISTANCE, name.length / 2) + 1;
  for (const candidate of known) {
    const distance = leven(plain(name), plain(candidate));
    if (distance < shortest) [nearest, shortest] = [candidate, distance];
  }
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

/** `max-workers`, `max_workers` and `maxWorkers` are the same to a person. */
function plain(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase();
}
