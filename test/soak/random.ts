// Numbers that look random and follow from a seed: a soak can be repeated.

/** Returns a generator of numbers from 0 to below 1 (mulberry32), of its own for each `seed` and `stream`. */
export function randomNumbers(seed: number, stream: number): () => number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Possible values, each with its share of all draws; the shares need no certain sum. */
export type Choice<T> = ReadonlyArray<readonly [share: number, value: T]>;

export function choose<T>(choice: Choice<T>, random: () => number): T {
  let rest = random() * choice.reduce((sum, [share]) => sum + share, 0);
  let last: T | undefined;
  for (const [share, value] of choice) {
    last = value;
    rest -= share;
    if (rest < 0) break;
  }
  if (last === undefined) throw new Error('nothing to choose from');
  return last;
}
