import path from 'node:path';
import { tempDir } from '../helpers/temp-dir.ts';
import { describeConnection } from './connection-contract.ts';
import { overDescriptors, overStreams } from './serve-in-process.ts';

const tcp = () => ({ kind: 'tcp', host: '127.0.0.1', port: 0 }) as const;
const unix = () => ({ kind: 'unix', path: path.join(tempDir(), 's') }) as const;

describeConnection('TCP, as a stream', overStreams(tcp));
describeConnection('a Unix socket, as a stream', overStreams(unix));
describeConnection('TCP, directly', overDescriptors(tcp));
describeConnection('a Unix socket, directly', overDescriptors(unix));
