// For lines of the log that name a URL and do not know what of it is to be masked.

/** Cuts every query in `text`, which may hold secrets. */
export function withoutQueries(text: string): string {
  return text.replace(/\?[^\s"]*/g, '?...');
}
