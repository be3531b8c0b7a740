// The commands for a running server: their options and help.

import { Command, InvalidArgumentError } from 'commander';
import type { StatusFlags } from '../control/looks.ts';
import type { OrderFlags } from '../control/orders.ts';
import type { ControlFlags } from '../control/reach.ts';

const HELP = `
The server is the one that the same option, environment and configuration file would start: in the
directory of the service, the name of the command is enough.

Exit codes: 0 done; 1 the server has answered that it failed; 64 usage; 69 there is no server; 70 an
answer that makes no sense; 75 no answer in time; 78 configuration.`;

const WAIT = 'until it is done';
const JSON_OPTION = 'print the answer as JSON';

/** Returns the commands; each sets the exit code of the process. */
export function controlCommands(): Command[] {
  return [statusCommand(), topCommand(), ...changeCommands(), pingCommand(), metricsCommand()];
}

function statusCommand(): Command {
  const command = forServer('status', 'show what a running server does, on one screen')
    .option('--json', JSON_OPTION)
    .option('--why', 'explain in a paragraph why requests wait, or that they do not');
  return command.action(
    run(command, async (flags: StatusFlags) => (await import('../control/looks.ts')).status(flags)),
  );
}

function topCommand(): Command {
  const command = forServer('top', 'the same, again every second; q ends it');
  return command.action(
    run(command, async (flags: ControlFlags) => (await import('../control/top.ts')).top(flags)),
  );
}

function changeCommands(): Command[] {
  const reload = ordering('reload', 'bring new settings and new code into service')
    .option('--wait', WAIT)
    .option('--only-code', 'keep the settings that are in force');
  reload.action(run(reload, async (flags: OrderFlags) => (await orders()).reload(flags)));
  const recycle = ordering('recycle', 'replace the worker in a slot, or all, one after the other')
    .argument('[slot]', 'number of the slot', wholeNumber)
    .option('--wait', WAIT);
  recycle.action(async (slot: string | undefined, flags: OrderFlags) => {
    process.exitCode = await (await orders()).recycle(slot, withParents(recycle, flags));
  });
  const scale = ordering('scale', 'set the most workers, until the next reload').argument(
    '<workers>',
    'how many',
    wholeNumber,
  );
  scale.action(async (to: string, flags: OrderFlags) => {
    process.exitCode = await (await orders()).scale(to, withParents(scale, flags));
  });
  const stop = ordering('stop', 'stop a running server: what was accepted is answered')
    .option('--quick', 'within two seconds')
    .option('--wait', 'until it has stopped');
  stop.action(run(stop, async (flags: OrderFlags) => (await orders()).stop(flags)));
  return [reload, recycle, scale, stop];
}

function pingCommand(): Command {
  const command = ordering('ping', 'send a request through a worker, which answers it itself');
  return command.action(run(command, async (flags: OrderFlags) => (await orders()).ping(flags)));
}

function metricsCommand(): Command {
  const command = forServer('metrics', 'print the figures of a server as Prometheus reads them');
  return command.action(
    run(command, async (flags: ControlFlags) =>
      (await import('../control/looks.ts')).metrics(flags),
    ),
  );
}

/** Imports late: other commands need none of it. */
const orders = () => import('../control/orders.ts');

function ordering(name: string, description: string): Command {
  return forServer(name, description).option('--json', JSON_OPTION);
}

function forServer(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--control <PATH>', 'control socket of the server')
    .option('--config <FILE>', 'configuration file that names it')
    .addHelpText('after', HELP);
}

function wholeNumber(text: string): string {
  if (/^\d{1,9}$/.test(text)) return text;
  throw new InvalidArgumentError('expected a whole number');
}

function run<Flags extends ControlFlags>(
  command: Command,
  action: (flags: Flags) => Promise<number>,
): (flags: Flags) => Promise<void> {
  return async (flags) => {
    process.exitCode = await action(withParents(command, flags));
  };
}

/** Options before the command's name count as well, but only those that name the server. */
function withParents<Flags extends ControlFlags>(command: Command, flags: Flags): Flags {
  const { control, config } = command.parent?.opts<ControlFlags>() ?? {};
  const before = Object.entries({ control, config }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(before), ...flags };
}
