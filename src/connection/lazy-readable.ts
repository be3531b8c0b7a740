// A Readable that is set up when it is first used. Most requests have no body, and most handlers never
// look for one; the state of a stream is a tenth of what such a request costs.

import { Readable } from 'node:stream';

/** Where each of Node's streams keeps its state: whatever is done with one begins by looking there. */
const STATE = '_readableState';

interface Lazy extends Readable {
  /** Called before the first use: makes a stream of the object with {@link makeReadable}. */
  setUp(): void;
}

/** Called by `super()`, when the object has its prototype and nothing else. */
function Untouched(): void {}

// Methods and statics are Readable's own.
Object.setPrototypeOf(Untouched, Readable);
Untouched.prototype = Object.create(Readable.prototype, {
  constructor: { value: Untouched, writable: true, configurable: true },
  [STATE]: {
    get(this: Lazy): unknown {
      Object.defineProperty(this, STATE, { value: undefined, writable: true, configurable: true });
      this.setUp();
      return Reflect.get(this, STATE);
    },
  },
});

/** To be extended with a method `setUp`. */
export const LazyReadable: abstract new () => Readable = Untouched as never;

/** What the constructor of a Readable does. */
export function makeReadable(stream: Readable, highWaterMark: number): void {
  Reflect.apply(Readable, stream, [{ highWaterMark }]);
}
