import { defineCommand, type Command } from '../command';
import { CommandError } from '../errors';
import type { FlagDefinition } from '../flags';

/** A command of the real kubectl that is known here but says plainly that it is not simulated. */
export function refused(
  name: string,
  short: string,
  instead: string,
  extra: { usage?: string; aliases?: readonly string[]; flags?: readonly FlagDefinition[] } = {},
): Command {
  return defineCommand({
    name,
    short,
    takesAnything: true,
    ...extra,
    async run({ path }) {
      throw new CommandError(`${path.replace('kubectl ', '')} is not simulated${instead ? `; ${instead}` : ''}`);
    },
  });
}
