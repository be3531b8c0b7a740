// The strings of a program's start as C has them: each ends with NUL, and a list of them is a list of
// pointers that ends with NULL. All in one piece of memory, which the next start uses again.

import { NativeBuffer } from './native-buffer.ts';

/** Strings are latin-1, each character a byte, and have no NUL. */
export interface StartStrings {
  /** Path of its file; a relative one belongs to `directory`. */
  file: string;
  /** Its working directory. */
  directory: string;
  /** Its own name first. */
  args: readonly string[];
  /** `NAME=VALUE` each. */
  env: readonly string[];
}

/** Addresses; they hold until the next layout is made. */
interface StartAddresses {
  file: number;
  directory: number;
  args: number;
  env: number;
}

const FIRST_ROOM_BYTES = 64 * 1024;
const POINTER_BYTES = 8;
const TWO_TO_32 = 2 ** 32;

class Room {
  readonly buffer: NativeBuffer;
  readonly words: Int32Array;

  constructor(size: number) {
    this.buffer = new NativeBuffer(size);
    this.words = this.buffer.words();
  }
}

let room: Room | undefined;

/** Lays the strings out; the addresses hold until the next call. */
export function layOut({ file, directory, args, env }: StartStrings): StartAddresses {
  const texts = [...args, ...env, file, directory];
  let end = (args.length + 1 + env.length + 1) * POINTER_BYTES;
  const size = texts.reduce((sum, text) => sum + text.length + 1, end);
  if (room === undefined || room.buffer.size < size) {
    room = new Room(Math.max(FIRST_ROOM_BYTES, size * 2));
  }
  const { bytes, address } = room.buffer;
  const put = (text: string): number => {
    const start = end;
    bytes.write(text, start, 'latin1');
    end = start + text.length + 1;
    bytes[end - 1] = 0;
    return address + start;
  };
  const { words } = room;
  let word = 0;
  const putList = (list: readonly string[]): number => {
    const start = address + word * 4;
    for (const text of list) word = writePointer(words, word, put(text));
    word = writePointer(words, word, 0);
    return start;
  };
  return { args: putList(args), env: putList(env), file: put(file), directory: put(directory) };
}

/** Each store takes the lower 32 bits. @returns the next word */
function writePointer(words: Int32Array, word: number, target: number): number {
  words[word] = target;
  words[word + 1] = target / TWO_TO_32;
  return word + 2;
}
