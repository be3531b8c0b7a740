#!/usr/bin/env node
// Node opens its inspector, a way into the process, at SIGUSR1 unless someone listens for it; only
// then is anything loaded. What the signal means to a running server is set up later.
process.on('SIGUSR1', () => {});

const { existsSync, fstatSync } = process.getBuiltinModule('node:fs');
const isInetd = process.argv[2] === 'inetd';
const entry = new URL(`../dist/${isInetd ? 'inetd/entry.cjs' : 'cli/main.js'}`, import.meta.url);

if (!existsSync(entry)) {
  // Under inetd, standard error may be the connection.
  if (!isInetd || !fstatSync(2).isSocket()) {
    process.stderr.write('scgi-server: not built yet; run `npm run build` first\n');
  }
  process.exitCode = 70;
} else if (isInetd) {
  // One file, and nothing of the server's command line: it is loaded for each request.
  const { createRequire } = process.getBuiltinModule('node:module');
  createRequire(import.meta.url)('../dist/inetd/entry.cjs');
} else {
  const { main } = await import('../dist/cli/main.js');
  await main(process.argv);
}
