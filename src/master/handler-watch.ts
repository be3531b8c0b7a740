// Watches the files that the handler is made of, while somebody works on it.

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FSWatcher } from 'chokidar';
import { watch } from 'chokidar';
import { statIfAny } from '../stat-if-any.ts';

export type WatchEvent =
  /** A file is not what it was; others may follow. */
  | { type: 'changed'; file: string }
  /** Nothing has changed for a moment. */
  | { type: 'settled' }
  /** Files cannot be watched: changes are noticed a little later. Told once. */
  | { type: 'failed'; error: Error };

/** What is saved together changes within this time, milliseconds. */
const SETTLE_MS = 100;
/** How often all files are looked at, milliseconds, for what nobody has told us of. */
const LOOK_EVERY_MS = 500;
const ABSENT = 'absent';

/**
 * What is told of a file is only a reason to look at it: it has changed if it looks different. All are looked
 * at now and then as well, since a folder that is replaced takes its watch along, and network drives
 * tell nothing.
 */
export class HandlerWatch {
  readonly #tell: (event: WatchEvent) => void;
  /** What each file looked like. */
  readonly #files = new Map<string, string>();
  readonly #folders = new Set<string>();
  readonly #clock: NodeJS.Timeout;
  #watcher: FSWatcher;
  #settling: NodeJS.Timeout | undefined;
  #hasFailed = false;

  /** @param handler - absolute path of the handler, which is about to be read */
  constructor(handler: string, tell: (event: WatchEvent) => void) {
    this.#tell = tell;
    this.#watcher = this.#createWatcher();
    this.#clock = setInterval(() => this.#lookAround(), LOOK_EVERY_MS);
    this.add([handler], Date.now());
  }

  /** Watches these files too, which were read at `readAt` or later, milliseconds of `Date.now()`. */
  add(files: readonly string[], readAt: number): void {
    const added = files.filter((file) => !this.#files.has(file));
    for (const file of added) {
      this.#files.set(file, look(file));
      this.#folders.add(dirname(file));
      // Not the time of its content, which is old when an old file is moved to its place.
      const changedAt = statIfAny(file)?.ctimeMs ?? 0;
      if (changedAt > readAt) this.#changed(file);
    }
    this.#watcher.add(placesOf(added));
  }

  close(): void {
    clearTimeout(this.#settling);
    clearInterval(this.#clock);
    void this.#watcher.close();
  }

  /** Files are watched in their folders, where it is seen when one is replaced, or removed and made again. */
  #createWatcher(): FSWatcher {
    const ignored = (path: string): boolean => !this.#files.has(path) && !this.#folders.has(path);
    return watch(placesOf(this.#files.keys()), { depth: 0, ignored, ignoreInitial: true })
      .on('all', (_event, path) => this.#compare(path))
      .on('error', (error) => this.#fail(error as Error));
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#tell({ type: 'failed', error });
  }

  #lookAround(): void {
    const changed = [...this.#files.keys()].filter((file) => this.#compare(file));
    if (changed.length === 0) return;
    // Nobody told us: they are not watched any more.
    void this.#watcher.close();
    this.#watcher = this.#createWatcher();
  }

  /** @returns whether it is a file of ours that has changed */
  #compare(file: string): boolean {
    const before = this.#files.get(file);
    const now = look(file);
    if (before === undefined || before === now) return false;
    this.#files.set(file, now);
    this.#changed(file);
    return true;
  }

  #changed(file: string): void {
    this.#tell({ type: 'changed', file });
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#tell({ type: 'settled' }), SETTLE_MS);
  }
}

function look(file: string): string {
  const stats = statIfAny(file);
  return stats === undefined ? ABSENT : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

/** Returns what there is to watch for these files. */
function placesOf(files: Iterable<string>): string[] {
  const places = new Set([...files].flatMap((file) => [dirname(file), file]));
  return [...places].filter((place) => existsSync(place));
}
