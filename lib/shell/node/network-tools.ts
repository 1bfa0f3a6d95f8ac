import { renderRuleset, rulesetPath, type Machine, type Ruleset } from '@/lib/cluster';
import { defineTool, ToolError, type Tool } from '../tool';

/** iproute2, as far as a node's own addresses go. */
export function createIp({ ip }: Machine): Tool {
  return defineTool({
    name: 'ip',
    summary: "show this machine's addresses: ip addr",
    run({ args, stdout }) {
      const words = args.filter((arg) => !arg.startsWith('-'));
      if (!['a', 'ad', 'add', 'addr', 'address'].includes(words[0] ?? '') || !['show', 'list', undefined].includes(words[1]))
        throw new ToolError(`Object "${words[0] ?? ''}" is not simulated, try "ip addr".`, 1);
      stdout(
        `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default\n    link/ether ${hardwareOf(ip)} brd ff:ff:ff:ff:ff:ff\n    inet ${ip}/16 brd ${broadcastOf(ip)} scope global eth0\n       valid_lft forever preferred_lft forever\n`,
      );
      return 0;
    },
  });
}

/** A bridge's way of making an address of an address. */
function hardwareOf(ip: string): string {
  return `02:42:${ip
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`;
}

function broadcastOf(ip: string): string {
  return `${ip.split('.').slice(0, 2).join('.')}.255.255`;
}

/** What kube-proxy wrote. */
export function createIptablesSave({ disk }: Machine): Tool {
  return defineTool({
    name: 'iptables-save',
    summary: 'print the packet rules that kube-proxy wrote',
    run({ args, stdout }) {
      const ruleset = disk.get<Ruleset>(rulesetPath);
      if (!ruleset) return 0;
      const at = args.findIndex((arg) => arg === '-t' || arg === '--table');
      const only = at < 0 ? undefined : args[at + 1];
      const tables = renderRuleset(ruleset).split(/(?=^\*)/m);
      stdout(tables.filter((table) => only === undefined || table.startsWith(`*${only}\n`)).join(''));
      return 0;
    },
  });
}
