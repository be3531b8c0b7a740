// Picks what matters from a stack: where the application is. Pure.

import { fileURLToPath } from 'node:url';

/** Of a stack, so many frames are shown at most. */
export const MOST_FRAMES = 20;
/** A longer frame is cut: names of functions come from the application. */
const LONGEST_FRAME = 300;
/** Where V8 says that its own functions are. */
const NATIVE = '<anonymous>';

/** The script by which a stack is taken; its own frames come first. */
export const SAMPLE_URL = 'scgi-server:sample';

/** `run (/srv/app/handler.mjs:3:7)`, in parts. */
interface Frame {
  /** With what V8 says of the call: `async`, `new`, the receiver; empty for the top level of a module. */
  name: string;
  location: string;
}

export interface PickedFrames {
  /** Innermost first. */
  frames: string[];
  /** Where the application is, in words; `undefined`: it is not on the stack. */
  place: string | undefined;
}

/**
 * Picks the frames of the application. A row of Node's own frames is folded into the one that the application
 * called; frames of this server, and what lies below the application, are left out. If nothing is left, all
 * is shown.
 *
 * @param stack - as `error.stack` has it
 * @param ownRoot - URL of the folder that this server's files are in, a slash at its end
 */
export function pickFrames(stack: string, ownRoot: string): PickedFrames {
  const ownPath = toPath(ownRoot);
  const isOwn = ({ location }: Frame): boolean => location.startsWith(ownPath);
  const isApplication = (frame: Frame): boolean =>
    !isOwn(frame) && !isNodes(frame) && frame.location !== NATIVE;
  const all = parseFrames(stack).filter(({ location }) => !location.startsWith(SAMPLE_URL));
  const last = all.findLastIndex(isApplication);
  if (last < 0) return { frames: toTexts(all), place: undefined };
  const picked = all
    .slice(0, last + 1)
    .filter((frame) => !isOwn(frame))
    .filter((frame, i, frames) => isApplication(frame) || !isNodes(frames[i + 1]));
  const first = picked.findIndex(isApplication);
  return { frames: toTexts(picked), place: describePlace(picked.slice(0, first + 1)) };
}

/** @param frames - down to the first of the application's */
function describePlace(frames: readonly Frame[]): string {
  const [place = ''] = toTexts(frames.slice(-1));
  const callee = frames.at(-2);
  return callee === undefined ? place : `${callee.name || callee.location}, called by ${place}`;
}

function parseFrames(stack: string): Frame[] {
  return stack.split('\n').flatMap((line) => {
    const [, name, location, isAsync, bare = ''] =
      /^\s+at (?:(.*?) \((.*)\)|(async )?(.*))$/.exec(line) ?? [];
    if (location !== undefined) return [{ name: name ?? '', location: toPath(location) }];
    return bare === '' ? [] : [{ name: isAsync?.trim() ?? '', location: toPath(bare) }];
  });
}

/** Modules are files; what has no such name, as `node:fs:1:2`, stays as it is. */
function toPath(location: string): string {
  if (!location.startsWith('file://')) return location;
  try {
    return fileURLToPath(location);
  } catch {
    // A URL that names no file of this machine.
    return location;
  }
}

function isNodes(frame: Frame | undefined): boolean {
  return frame?.location.startsWith('node:') === true;
}

function toTexts(frames: readonly Frame[]): string[] {
  return frames.slice(0, MOST_FRAMES).map(({ name, location }) => {
    const text = name === '' ? location : `${name} (${location})`;
    return text.length <= LONGEST_FRAME ? text : `${text.slice(0, LONGEST_FRAME - 3)}...`;
  });
}
