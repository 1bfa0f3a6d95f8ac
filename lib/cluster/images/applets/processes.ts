import type { ProcessContext } from '../../runtime/program';
import { joinLines, notSimulated, parseFlags, type Applet, type AppletResult } from './applet';

/** What looks at processes: BusyBox has it, a slim Debian does not. */
export const processApplets: Readonly<Record<string, Applet>> = { ps };

/** BusyBox's: letters that other systems want (`aux`, `-ef`) change nothing. */
function ps(ctx: ProcessContext): AppletResult {
  const { flags } = parseFlags(ctx.argv.slice(1), 'o');
  if (flags.has('o') || flags.has('T')) return notSimulated(ctx, `-${flags.has('o') ? 'o' : 'T'}`);
  const all = [...ctx.processes(), { pid: ctx.pid, argv: ctx.argv }].sort((a, b) => a.pid - b.pid);
  const rows = all.map(({ pid, argv }) => `${String(pid).padStart(5)} root      0:00 ${argv.join(' ')}`);
  return { stdout: joinLines(['PID   USER     TIME  COMMAND', ...rows]) };
}
