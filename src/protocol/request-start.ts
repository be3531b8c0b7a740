// The time stamp that web servers and balancers put on a request: `X-Request-Start`. Pure.
//
//     [ "t=" ] digits [ "." digits ]
//
// In seconds as nginx writes its `$msec`, in microseconds as Apache writes its `%t`, or in milliseconds.

const STAMP = /^(?:t=)?(\d{1,19}(?:\.\d{1,9})?)$/;
/** The year 2001 in milliseconds is more than any year in seconds, and so on. */
const LEAST_MS = 1e11;
const LEAST_MICROSECONDS = 1e14;

/** Returns the time as Unix milliseconds; `undefined` when it is none. */
export function requestStart(text: string): number | undefined {
  const [, digits] = STAMP.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (value >= LEAST_MICROSECONDS) return value / 1_000;
  return value >= LEAST_MS ? value : value * 1_000;
}
