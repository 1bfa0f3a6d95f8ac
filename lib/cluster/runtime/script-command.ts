import type { Files } from './program';

/** `#!/bin/sh`: the interpreter and the script, when the command is a file that says so. */
export function scriptCommand(files: Files, [command = '', ...args]: readonly string[]): readonly string[] | undefined {
  if (!command.includes('/') || !files.isExecutable(command)) return undefined;
  const interpreter = /^#!\s*(\S+)(?:[ \t]+(\S+))?/.exec(files.read(command) ?? '');
  if (!interpreter) return undefined;
  const [, path = '', option] = interpreter;
  return path.endsWith('/env') && option ? [option, command, ...args] : [path, ...(option ? [option] : []), command, ...args];
}
