// Bodies come in buffers that are outside the heap of JavaScript, where V8 lets 64 MB of them gather before
// it looks for those that nobody needs any more. To look for them earlier takes half a millisecond.

/** Bytes of bodies between two collections. */
const INTERVAL = 16 * 1024 * 1024;

type Collect = (options: { type: 'minor' }) => void;

let received = 0;
let collect: Collect | undefined;
let isLookedFor = false;

/** Called with the length of each piece of a body. */
export function countUpload(bytes: number): void {
  received += bytes;
  if (received < INTERVAL) return;
  received = 0;
  if (isLookedFor) collect?.({ type: 'minor' });
  // Without it, only more memory is used.
  else findCollector().catch(() => {});
}

/** V8 has it under a flag, and puts it into contexts that are made after that. Most workers never need it. */
async function findCollector(): Promise<void> {
  isLookedFor = true;
  const [v8, vm] = await Promise.all([import('node:v8'), import('node:vm')]);
  v8.setFlagsFromString('--expose-gc');
  collect = vm.runInNewContext('globalThis.gc') as Collect | undefined;
  v8.setFlagsFromString('--no-expose-gc');
}
