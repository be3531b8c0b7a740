// Several hosts on one machine: network namespaces, joined by a bridge in the first of them. They have
// addresses that are set aside for documentation, and no route to anywhere else, so that nothing leaves them.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { onTestFinished } from 'vitest';
import { programPath } from './foreground.ts';

/** A namespace, and what it is told by the others. */
export interface NetworkHost {
  name: string;
  /** On the network of the test; nobody else can reach it. */
  address: string;
  /** Command that the program to run inside it follows, which then has this command's process id. */
  inside: readonly string[];
  /** Cuts the host off, as if its cable was pulled: what is sent to it gets lost, and nobody is told. */
  cutOff(): void;
  reconnect(): void;
}

export interface Network {
  /** Where the bridge is. */
  front: NetworkHost;
  hosts: NetworkHost[];
}

/** Where iproute2 keeps the names. */
const NAMES = '/run/netns';
/** RFC 5737: never the address of a real machine. */
const NETWORK = '192.0.2';
const FIRST_HOST = 7;
/** The end of a host's link that is in the host. */
const LINK = 'eth0';

let made = 0;

/** Says why there can be no network here; `undefined` if there can. */
export function networkProblem(): string | undefined {
  if (programPath('ip') === undefined) return 'ip (iproute2) is not installed';
  return os.userInfo().uid === 0 ? undefined : 'only root may make network namespaces';
}

/** Makes a network of a front and so many hosts, which is removed when the test is over. */
export function createNetwork(count: number): Network {
  removeLeftOvers();
  const prefix = `scgi-${process.pid}-${++made}`;
  const names = Array.from({ length: count }, (_, n) => `${prefix}-host${n}`);
  const front = `${prefix}-front`;
  onTestFinished(() => removeNamespaces([front, ...names]));
  addNamespace(front);
  ip(front, 'link add bridge type bridge');
  raise(front, 'bridge', 1);
  const hosts = names.map((name, n) => addHost(front, name, n));
  return { front: describeHost(front, 1), hosts };
}

function addHost(front: string, name: string, n: number): NetworkHost {
  addNamespace(name);
  const port = `port${n}`;
  ip(front, `link add ${port} type veth peer name ${LINK} netns ${name}`);
  ip(front, `link set ${port} addrgenmode none master bridge up`);
  raise(name, LINK, FIRST_HOST + n);
  return describeHost(name, FIRST_HOST + n);
}

function describeHost(name: string, n: number): NetworkHost {
  return {
    name,
    address: `${NETWORK}.${n}`,
    inside: [ipPath(), 'netns', 'exec', name],
    cutOff: () => ip(name, `link set ${LINK} down`),
    reconnect: () => ip(name, `link set ${LINK} up`),
  };
}

function addNamespace(name: string): void {
  run(['netns', 'add', name]);
  ip(name, 'link set lo up');
}

/** Gives a link its address: that one alone, none of IPv6. */
function raise(namespace: string, link: string, n: number): void {
  ip(namespace, `address add ${NETWORK}.${n}/24 dev ${link}`);
  ip(namespace, `link set ${link} addrgenmode none up`);
}

/** Removes the names that earlier runs left, whose processes are gone: they were killed. */
function removeLeftOvers(): void {
  removeNamespaces(fs.existsSync(NAMES) ? fs.readdirSync(NAMES).filter(isLeftOver) : []);
}

function isLeftOver(name: string): boolean {
  const creator = /^scgi-(\d+)-\d+-(front|host\d+)$/.exec(name)?.[1];
  return creator !== undefined && !fs.existsSync(`/proc/${creator}`);
}

/** The links go with their namespaces, and those with the last process inside. */
function removeNamespaces(names: readonly string[]): void {
  for (const name of names) {
    // Another run may have removed a left-over by now, and a network may be half made only.
    if (fs.existsSync(`${NAMES}/${name}`)) run(['netns', 'delete', name]);
  }
}

function ip(namespace: string, command: string): void {
  run(['-netns', namespace, ...command.split(' ')]);
}

function run(args: readonly string[]): void {
  execFileSync(ipPath(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function ipPath(): string {
  return programPath('ip') ?? 'ip';
}
