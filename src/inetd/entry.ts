// The entry of `scgi-server inetd`, where a process is started for each request and its start is what
// the request costs. Standard input is the connection, and often standard output and error are, too:
// before anything else is loaded it is taken away from there, so that what prints gets into no answer.

import { takeInput } from './take-input.ts';

process.on('SIGUSR1', () => {});

const [, , command, ...args] = process.argv;
const input = takeInput(command);
if (input === undefined) void import('./pass-on.ts').then(({ passOn }) => passOn(args));
else void import('./run-inetd.ts').then(({ runInetd }) => runInetd(input, args));
