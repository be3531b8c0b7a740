// Flags by which others get to run code before anything of ours: in a worker, before it has dropped its
// privileges. Pure.

/** Each loads a module, or a file that may name one, or lets a debugger in. */
const FLAGS: ReadonlySet<string> = new Set([
  '--require',
  '-r',
  '--import',
  '--loader',
  '--experimental-loader',
  '--experimental-config-file',
  '--experimental-default-config-file',
  '--env-file',
  '--env-file-if-exists',
  '--openssl-config',
  '--inspect',
  '--inspect-brk',
  '--inspect-wait',
]);

/**
 * Returns the first flag that has a module loaded, and where it is; `undefined`: there is none.
 *
 * @param nodeArgs - flags of the workers' `node`
 * @param options - the variable NODE_OPTIONS of their environment
 */
export function findPreload(
  nodeArgs: readonly string[],
  options: string | undefined,
): string | undefined {
  const given = [
    ...nodeArgs.map((arg) => ({ arg, where: '--node-arg' })),
    ...(options ?? '').split(/[\s"]+/).map((arg) => ({ arg, where: 'NODE_OPTIONS' })),
  ];
  const found = given.find(({ arg }) => FLAGS.has(nameOf(arg)));
  return found && `${found.where} ${found.arg}`;
}

/** Underscores are as good as hyphens to node. */
function nameOf(flag: string): string {
  return (flag.split('=', 1)[0] ?? '').replaceAll('_', '-');
}
