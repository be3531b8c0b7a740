import { execFileSync } from 'node:child_process';

/** Compiles `src` before any test starts a process, so that no test runs a stale build. */
export default function buildOnce(): void {
  // Every project of one run has this set-up; they share the process.
  if (process.env['BUILT_FOR_TESTS'] !== undefined) return;
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  process.env['BUILT_FOR_TESTS'] = '1';
}
