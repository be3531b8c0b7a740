// Numbers of things, for messages.

/** `1 request`, `2 requests`. */
export function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}
