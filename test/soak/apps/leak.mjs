// Keeps a megabyte of every request, and answers with the most memory that its process has ever had, in kB.

import { readFileSync } from 'node:fs';

const MEGABYTE = 1024 * 1024;
const kept = [];

export function produce(_env, _bodySize, _input, output) {
  // Filled, or the kernel would give no memory for it.
  kept.push(Buffer.alloc(MEGABYTE, kept.length + 1));
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  output.write(`Content-Type: text/plain\n\n${peak}`);
}
