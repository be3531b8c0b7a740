// npm run test:node -- VERSION [vitest arguments]: the tests that start processes, under another Node.
// Its binary comes from the npm registry and stays below node_modules, out of the repository's sight.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

const HELP = `Usage: npm run test:node -- VERSION [vitest arguments]

VERSION is a major version such as 24, a whole one, or latest. TEST_DISPATCH=native in the
environment tests the native dispatcher.
`;

/** Installs the binary unless this version is there, and returns its path. */
function installNode(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = `${ROOT}node_modules/.cache/node/${version}`;
  mkdirSync(prefix, { recursive: true });
  // npm looks for a newer one of that major each time, and then takes what it has downloaded.
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel', 'error'];
  const args = ['install', '--prefix', prefix, ...quiet, `${name}@${version}`];
  execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const file = `${prefix}/node_modules/${name}/bin/node`;
  if (!existsSync(file)) throw new Error(`the package ${name} has no bin/node`);
  return file;
}

function main([version, ...vitestArgs]) {
  if (version === undefined || !/^(\d[\d.]*|latest)$/.test(version)) {
    process.stderr.write(HELP);
    return 64;
  }
  const node = installNode(version);
  const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  process.stdout.write(`contract and integration tests under Node.js ${found}\n`);
  // Vitest forks its own binary, and the tests start servers with theirs: all run under this one.
  const projects = ['--project', 'contract', '--project', 'integration'];
  const args = [VITEST, 'run', ...projects, ...vitestArgs];
  return spawnSync(node, args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
}

process.exitCode = main(process.argv.slice(2));
