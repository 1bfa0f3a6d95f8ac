import { defineTool, ToolError, type Tool } from '../tool';
import type { ToolNetwork } from './network';

/** Nobody listens here, so an answer of any kind says that the address is there. */
const echoPort = 7;

/** iputils ping. There is no ICMP here: a refused connection is taken for an echo. */
export function createPing(network: ToolNetwork): Tool {
  return defineTool({
    name: 'ping',
    summary: 'see whether an address answers',
    async run(context) {
      const count = option(context.args, 'c');
      const host = context.args.findLast((arg, index) => !arg.startsWith('-') && !/^-[ciW]$/.test(context.args[index - 1] ?? ''));
      if (host === undefined) throw new ToolError('ping: usage error: Destination address required', 1);
      const ip = /^\d+(\.\d+){3}$/.test(host) ? host : network.resolve(host).answer.answers.find((record) => record.type === 'A')?.value;
      if (ip === undefined) throw new ToolError(`ping: ${host}: Name or service not known`, 2);
      context.stdout(`PING ${host} (${ip}) 56(84) bytes of data.\n`);
      const started = context.now();
      let received = 0;
      let sent = 0;
      while (!context.signal.aborted && sent < (count ?? Infinity)) {
        if (sent > 0) await context.sleep(1000);
        if (context.signal.aborted) break;
        sent++;
        const answer = network.connect(ip, echoPort, { timeoutMs: 1000 });
        await context.sleep(answer.tookMs);
        if (answer.type === 'open' || answer.type === 'refused') {
          received++;
          context.stdout(`64 bytes from ${ip}: icmp_seq=${sent} ttl=63 time=${Math.max(answer.tookMs, 0.1).toFixed(1)} ms\n`);
        } else if (answer.type === 'unreachable') context.stdout(`From ${network.ip} icmp_seq=${sent} Destination Host Unreachable\n`);
      }
      const lost = sent === 0 ? 0 : Math.round(((sent - received) / sent) * 100);
      context.stdout(
        `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} received, ${lost}% packet loss, time ${context.now() - started}ms\n`,
      );
      return received > 0 ? 0 : 1;
    },
  });
}

function option(args: readonly string[], letter: string): number | undefined {
  const at = args.findIndex((arg) => arg.startsWith(`-${letter}`));
  if (at < 0) return undefined;
  const value = Number((args[at] as string).slice(2) || args[at + 1]);
  if (!(value > 0)) throw new ToolError(`ping: invalid argument: '${args[at + 1] ?? ''}'`, 1);
  return value;
}
