// Names of meta-variables are a few dozen, again and again: what follows from one is worked out once. Clients
// may make up others, which must not fill the memory.

const MOST_NAMES = 500;
const LONGEST_NAME = 64;

/** Returns `work` with a memory. */
export function remembered<Result>(work: (name: string) => Result): (name: string) => Result {
  const results = new Map<string, Result>();
  return (name) => {
    const known = results.get(name);
    if (known !== undefined || results.has(name)) return known as Result;
    const result = work(name);
    if (results.size < MOST_NAMES && name.length <= LONGEST_NAME) results.set(name, result);
    return result;
  };
}
