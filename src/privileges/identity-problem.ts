// Whether a process is who it was meant to become, as the kernel sees it. Pure.

import type { Identity } from '../ipc/messages.ts';

const ROOT = 0;

/**
 * Compares `/proc/self/status` with what is wanted.
 *
 * @returns what is wrong; `undefined`: all ids (real, effective, saved, of the file system) and groups are those
 *   wanted, and nobody but root has a capability
 */
export function identityProblem(
  status: string,
  { uid, gid, groups }: Identity,
): string | undefined {
  const field = (name: string): string => {
    const [, value = ''] = new RegExp(`^${name}:(.*)$`, 'm').exec(status) ?? [];
    return value.trim().replaceAll(/\s+/g, ' ');
  };
  const wanted: [name: string, value: string][] = [
    ['Uid', four(uid)],
    ['Gid', four(gid)],
  ];
  for (const [name, value] of wanted) {
    if (field(name) !== value) return differs(name, value, field(name));
  }
  const found = sorted(field('Groups').split(' ').filter(Boolean).map(Number));
  if (found !== sorted(groups)) return differs('Groups', sorted(groups), found);
  if (uid === ROOT) return undefined;
  const kept = ['CapPrm', 'CapEff', 'CapAmb'].find((name) => /[^0]/.test(field(name)));
  return kept === undefined ? undefined : differs(kept, 'none', field(kept));
}

function four(id: number): string {
  return Array.from({ length: 4 }, () => id).join(' ');
}

function sorted(groups: readonly number[]): string {
  return [...new Set(groups)].sort((a, b) => a - b).join(' ');
}

function differs(name: string, wanted: string, found: string): string {
  return `${name} in /proc/self/status: expected ${wanted}, got ${found || 'nothing'}`;
}
