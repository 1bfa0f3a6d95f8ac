import { instant, rfc3339, type Cluster, type Machine, type TraceEntry } from '@/lib/cluster';
import { defineTool, ToolError, type Tool, type ToolContext } from '../tool';

const descriptions: Readonly<Record<string, string>> = {
  kubelet: 'kubelet: The Kubernetes Node Agent',
  containerd: 'containerd container runtime',
};

/** systemctl: `status`, `start`, `stop`, `restart`, `is-active` of the machine's units. A boot starts them all. */
export function createSystemctl(cluster: Cluster, machine: Machine): Tool {
  const record = (what: string) => void cluster.kernel.record('outside', `systemd/${machine.name}`, what);
  const start = (unit: string) => {
    machine.startUnit(unit);
    record(`Started ${unit}.service - ${descriptions[unit] ?? unit}.`);
  };
  const stop = (unit: string) => {
    if (!machine.isRunning(unit)) return;
    record(`Stopping ${unit}.service - ${descriptions[unit] ?? unit}...`);
    machine.haltUnit(unit);
    record(`Stopped ${unit}.service - ${descriptions[unit] ?? unit}.`);
  };
  const actions: Readonly<Record<string, (unit: string, context: ToolContext) => number | void>> = {
    start,
    stop,
    restart: (unit) => {
      stop(unit);
      start(unit);
    },
    'is-active': (unit, { stdout }) => {
      stdout(machine.isRunning(unit) ? 'active\n' : 'inactive\n');
      return machine.isRunning(unit) ? 0 : 3;
    },
    status: (unit, { stdout }) => {
      stdout(statusOf(cluster, machine, unit));
      return machine.isRunning(unit) ? 0 : 3;
    },
  };
  return defineTool({
    name: 'systemctl',
    summary: 'look after kubelet and containerd: systemctl status kubelet',
    run(context) {
      const [verb = '', ...names] = context.args.filter((arg) => !arg.startsWith('-'));
      if (verb === 'daemon-reload') return 0;
      const action = Object.hasOwn(actions, verb) ? actions[verb] : undefined;
      if (!action)
        throw new ToolError(verb === '' ? 'systemctl: which verb? (try: systemctl status kubelet)' : `Unknown command verb '${verb}'.`, 1);
      if (names.length === 0) throw new ToolError('Too few arguments.', 1);
      let code = 0;
      for (const name of names) {
        const unit = name.replace(/\.service$/, '');
        if (!machine.units.includes(unit)) {
          const isAsked = verb === 'status' || verb === 'is-active';
          context.stderr(
            isAsked ? `Unit ${unit}.service could not be found.\n` : `Failed to ${verb} ${unit}.service: Unit ${unit}.service not found.\n`,
          );
          code = isAsked ? 4 : 5;
        } else code = action(unit, context) ?? code;
      }
      return code;
    },
  });
}

function statusOf(cluster: Cluster, machine: Machine, unit: string): string {
  const isRunning = machine.isRunning(unit);
  const last = entriesOf(cluster, machine, unit).slice(-10);
  return `${isRunning ? '●' : '○'} ${unit}.service - ${descriptions[unit] ?? unit}
     Loaded: loaded (/usr/lib/systemd/system/${unit}.service; enabled; preset: enabled)
     Active: ${isRunning ? 'active (running)' : 'inactive (dead)'}
${last.length > 0 ? `\n${last.map((entry) => lineOf(machine, unit, entry)).join('')}` : ''}`;
}

/** journalctl: what the cluster's record of events still holds of a unit. The newest few thousand entries of the whole cluster are kept. */
export function createJournalctl(cluster: Cluster, machine: Machine): Tool {
  return defineTool({
    name: 'journalctl',
    summary: 'what a unit did lately: journalctl -u kubelet',
    async run(context) {
      const { unit, count, isFollowing } = parse(context.args);
      if (unit === undefined) throw new ToolError('journalctl: name a unit: journalctl -u kubelet', 1);
      const entries = entriesOf(cluster, machine, unit);
      const shown = count === undefined ? entries : entries.slice(-count);
      if (shown.length === 0) context.stdout('-- No entries --\n');
      for (const entry of shown) context.stdout(lineOf(machine, unit, entry));
      let next = (entries.at(-1)?.id ?? cluster.kernel.trace.lastId) + 1;
      while (isFollowing && !context.signal.aborted) {
        await context.sleep(500);
        for (const entry of entriesOf(cluster, machine, unit, next)) {
          context.stdout(lineOf(machine, unit, entry));
          next = entry.id + 1;
        }
      }
      return 0;
    },
  });
}

function parse(args: readonly string[]): { unit: string | undefined; count: number | undefined; isFollowing: boolean } {
  const valueOf = (...names: readonly string[]): string | undefined => {
    for (const [at, arg] of args.entries()) {
      if (names.includes(arg)) return args[at + 1];
      const name = names.find((one) => arg.startsWith(one) && arg.length > one.length);
      if (name !== undefined) return arg.slice(name.length).replace(/^=/, '');
    }
    return undefined;
  };
  const count = valueOf('-n', '--lines');
  const isFollowing = args.some((arg) => arg === '-f' || arg === '--follow' || /^-[a-z]*f/.test(arg));
  const unit = valueOf('-xeu', '-fu', '-u', '--unit')?.replace(/\.service$/, '');
  return { unit, count: count === undefined ? (isFollowing ? 10 : undefined) : Number(count), isFollowing };
}

function entriesOf({ kernel }: Cluster, machine: Machine, unit: string, from = 0): readonly TraceEntry[] {
  const actor = `${unit}/${machine.name}`;
  const isOfUnit = (entry: TraceEntry) =>
    entry.actor === actor || (entry.actor === `systemd/${machine.name}` && entry.what.includes(` ${unit}.service `));
  return kernel.trace.since(from).filter((entry) => entry.id >= from && isOfUnit(entry));
}

/** `Jan 05 08:00:01 cp-1 kubelet: …` */
function lineOf(machine: Machine, unit: string, { at, actor, what }: TraceEntry): string {
  const [date = '', time = ''] = rfc3339(instant(at)).split('T');
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const [, month, day] = date.split('-');
  const from = actor.startsWith('systemd/') ? 'systemd[1]' : unit;
  return `${months[Number(month) - 1]} ${day} ${time.slice(0, 8)} ${machine.name} ${from}: ${what}\n`;
}
