// What the page shows besides the server's figures: the state of the page itself.

export interface PageState {
  /** The reader has stopped the updates. */
  readonly isPaused: boolean;
  /** The server does not answer any more; why, as far as it is known. */
  readonly lost?: { readonly reason: string } | undefined;
  /** A moment of the last ten minutes that the reader points at, Unix milliseconds. */
  readonly moment?: number | undefined;
}

/** That of a page which has just been written. */
export const FRESH: PageState = { isPaused: false };
