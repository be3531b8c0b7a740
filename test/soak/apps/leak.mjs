// Keeps a megabyte of every request, and answers with two numbers: the most memory that its process has ever
// had, and by how much it has grown for this request, in kB.

import { readFileSync } from 'node:fs';

const MEGABYTE = 1024 * 1024;
const kept = [];
let before = 0;

function kilobytes(name) {
  const status = readFileSync('/proc/self/status', 'latin1');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
}

export function produce(_env, _bodySize, _input, output) {
  // Filled, or the kernel would give no memory for it.
  kept.push(Buffer.alloc(MEGABYTE, kept.length + 1));
  const now = kilobytes('VmRSS');
  const growth = before === 0 ? 0 : now - before;
  before = now;
  output.write(`Content-Type: text/plain\n\n${kilobytes('VmHWM')} ${growth}`);
}
