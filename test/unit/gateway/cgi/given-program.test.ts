import { expect, it } from 'vitest';
import { requireProgram } from '../../../../src/gateway/cgi/given-program.ts';
import { writeShellProgram } from '../../../helpers/programs.ts';

it('says what to write for one program that is named with the slash of a directory', async () => {
  const program = writeShellProgram('echo hello');
  await requireProgram(program);
  await expect(requireProgram(`${program}/`)).rejects.toMatchObject({
    code: 'ERR_SCGI_HANDLER_LOAD',
    message: `directory of CGI programs ${program}/: it is no directory; for one program, write ${program}`,
  });
});
