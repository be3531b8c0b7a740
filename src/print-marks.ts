// How a worker tells its master what the bytes on its standard output and error belong to. Between marks
// are the bytes of one request, or lines of the access log; outside of them is what nobody has marked: what
// is printed outside of requests, by child processes, or by native code. Pure.
//
// A mark is `\0`, a word that only this server's processes know, a kind, the id of a request, and `\0`.

/** What a mark says of what follows, or of its request. */
export type MarkKind =
  /** The request's bytes follow. */
  | '('
  /** The bytes of what began last end here. */
  | ')'
  /** Nothing more of the request is coming: what it has printed of a line is the line. */
  | '.'
  /** Lines of the access log follow. */
  | 'a';

export const MARK_BYTE = 0;
/** Longest id that a mark can hold; those of requests are shorter. */
export const MAX_MARKED_ID = 128;

/** Returns a mark as text: ASCII. */
export function formatMark(word: string, kind: MarkKind, id: string = ''): string {
  return `\0${word}${kind}${id}\0`;
}
