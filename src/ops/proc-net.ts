// What Linux tells of queues of listening sockets, in the texts of /proc/net. Sockets are found by their inodes:
// the path of a Unix socket there is the one that it was bound with, before it was moved to its place. Pure.

/** State TCP_LISTEN. Its rows come first. */
const LISTENING = '0A';
/** __SO_ACCEPTCON: a listening Unix socket. */
const ACCEPTS = 0x10000;
/** SS_CONNECTING: a connection that nobody has accepted. */
const CONNECTING = '02';

/** sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode */
const TCP_ROW = /^\s*\d+: \S+ \S+ (\S\S) [0-9A-F]+:([0-9A-F]+) \S+ \S+\s+\d+\s+\d+ (\d+)/;
/** Num RefCount Protocol Flags Type St Inode Path */
const UNIX_ROW = /^\S+: \S+ \S+ ([0-9A-F]+) \S+ (\S\S) +(\d+) (.+)$/;

/** Gathers what lines say; they may come in any pieces. */
export interface QueueReader {
  /** Reads a line. @returns false: nothing of use will follow */
  line(text: string): boolean;
  /** Connections in each queue, by the inode of its socket. */
  queues(): Map<number, number>;
}

/** Reads /proc/net/tcp or /proc/net/tcp6. */
export function tcpQueues(): QueueReader {
  const queues = new Map<number, number>();
  return {
    line: (text) => {
      const [, state, waiting = '', inode] = TCP_ROW.exec(text) ?? [];
      // The first line names the columns.
      if (state === undefined) return true;
      if (state === LISTENING) queues.set(Number(inode), Number.parseInt(waiting, 16));
      return state === LISTENING;
    },
    queues: () => queues,
  };
}

/** Reads /proc/net/unix, in which rows come in no order. */
export function unixQueues(): QueueReader {
  const paths = new Map<number, string>();
  const waiting = new Map<string, number>();
  return {
    line: (text) => {
      const [, flags = '', state, inode, path = ''] = UNIX_ROW.exec(text) ?? [];
      if (state === CONNECTING) waiting.set(path, (waiting.get(path) ?? 0) + 1);
      else if ((Number.parseInt(flags, 16) & ACCEPTS) !== 0) paths.set(Number(inode), path);
      return true;
    },
    queues: () => new Map([...paths].map(([inode, path]) => [inode, waiting.get(path) ?? 0])),
  };
}
