// What a worker says on its channel beside connections: 32 bits. Pure.

/** The worker was woken for a connection and did not take it: somebody has to look again. */
export const LOOK_AGAIN = 0x10000;
/** The worker has no descriptor left and keeps its credits. */
export const OUT_OF_DESCRIPTORS = 0x20000;
const COUNT = 0xffff;

/** How many credits the message gives. */
export function creditsIn(message: number): number {
  return message & COUNT;
}
