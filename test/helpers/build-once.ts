import { execFileSync } from 'node:child_process';

/** Compiles `src` before any test starts a process, so that no test runs a stale build. */
export default function buildOnce(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
