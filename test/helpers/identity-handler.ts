// A handler that tells who it is, and tries what it may not do.

/** Answers JSON: who it was when it was loaded, who it is, and what came of its attempts. */
export const IDENTITY_HANDLER = `
import fs from 'node:fs';
import { connect } from 'node:net';
import { spawnSync } from 'node:child_process';

const ids = () => ({
  uid: process.getuid(), euid: process.geteuid(), gid: process.getgid(), egid: process.getegid(),
  groups: process.getgroups(), cwd: process.cwd(),
});
const atLoad = ids();

const outcome = (action) => {
  try { action(); return 'done'; } catch (error) { return error.code; }
};
const connecting = (path) => new Promise((resolve) => {
  connect(path).on('connect', () => resolve('done')).on('error', (error) => resolve(error.code));
});

export const produce = async (env, bodySize, input, output) => {
  const query = new URLSearchParams(env.QUERY_STRING);
  if (query.has('loop')) for (;;);
  if (query.has('exit')) process.exit(3);
  const attempts = {
    setuid: outcome(() => process.setuid(0)),
    seteuid: outcome(() => process.seteuid(0)),
    setgid: outcome(() => process.setgid(0)),
    setgroups: outcome(() => process.setgroups([0])),
    kill: outcome(() => process.kill(process.ppid, 0)),
  };
  if (query.has('read')) attempts.read = outcome(() => fs.readFileSync(query.get('read')));
  if (query.has('connect')) attempts.connect = await connecting(query.get('connect'));
  if (query.has('write')) attempts.write = outcome(() => fs.writeFileSync(query.get('write'), 'x', { mode: 0o666 }));
  if (query.has('unlink')) attempts.unlink = outcome(() => fs.unlinkSync(query.get('unlink')));
  if (query.has('run')) attempts.run = spawnSync('id', ['-u']).stdout.toString().trim();
  const { HOME, USER, LOGNAME } = process.env;
  const found = { pid: process.pid, atLoad, now: ids(), attempts, home: { HOME, USER, LOGNAME } };
  output.end('Content-Type: application/json\\n\\n' + JSON.stringify(found));
};
`;

interface Ids {
  uid: number;
  euid: number;
  gid: number;
  egid: number;
  groups: number[];
  cwd: string;
}

/** What it answers. */
export interface Found {
  pid: number;
  atLoad: Ids;
  now: Ids;
  attempts: Record<string, string>;
  home: Record<string, string>;
}
