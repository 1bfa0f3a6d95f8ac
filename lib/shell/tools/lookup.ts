import type { DnsQuery } from '@/lib/cluster';
import { defineTool, ToolError, type Tool } from '../tool';
import type { ToolNetwork } from './network';

/** nslookup of bind-utils: addresses of a name, as the resolver of this machine finds them. */
export function createNslookup(network: ToolNetwork): Tool {
  return defineTool({
    name: 'nslookup',
    summary: 'ask the name server for a name',
    async run(context) {
      const words = context.args.filter((arg) => !arg.startsWith('-'));
      const type = (
        /^-(?:type|query|q)=(\w+)$/i.exec(context.args.find((arg) => arg.startsWith('-')) ?? '')?.[1] ?? 'A'
      ).toUpperCase() as DnsQuery['type'];
      const name = words[0];
      if (name === undefined) throw new ToolError('nslookup: usage: nslookup [-type=TYPE] NAME');
      const { answer, server, tookMs } = network.resolve(name, type);
      await context.sleep(tookMs);
      if (answer.rcode === 'SERVFAIL' && answer.answers.length === 0 && server === '')
        throw new ToolError(';; connection timed out; no servers could be reached');
      context.stdout(`Server:\t\t${server}\nAddress:\t${server}#53\n\n`);
      if (answer.rcode !== 'NOERROR' || answer.answers.length === 0) {
        context.stdout(`** server can't find ${name}: ${answer.rcode === 'NOERROR' ? 'NXDOMAIN' : answer.rcode}\n\n`);
        return 1;
      }
      for (const record of answer.answers)
        context.stdout(
          record.type === 'A' || record.type === 'AAAA'
            ? `Name:\t${record.name}\nAddress: ${record.value}\n`
            : `${record.name}\t${record.type === 'SRV' ? 'service' : record.type.toLowerCase()} = ${record.value}\n`,
        );
      context.stdout('\n');
      return 0;
    },
  });
}

/** dig: the answer section in zone file form, `+short` for the values alone. It does not use the search list unless told `+search`. */
export function createDig(network: ToolNetwork): Tool {
  return defineTool({
    name: 'dig',
    summary: 'ask the name server and show its answer',
    async run(context) {
      const words = context.args.filter((arg) => !arg.startsWith('+') && !arg.startsWith('@') && !arg.startsWith('-'));
      const type = (words.find((word) => /^(A|AAAA|SRV|PTR|CNAME)$/i.test(word)) ?? 'A').toUpperCase() as DnsQuery['type'];
      const name = words.find((word) => word.toUpperCase() !== type);
      if (name === undefined) throw new ToolError('dig: usage: dig [+short] [+search] NAME [TYPE]');
      const asked = context.args.includes('+search') || name.endsWith('.') ? name : `${name}.`;
      const { answer, server, tookMs } = network.resolve(asked, type);
      await context.sleep(tookMs);
      const lines = answer.answers.map((record) => `${record.name}.\t\t${record.ttl}\tIN\t${record.type}\t${record.value}\n`).join('');
      if (context.args.includes('+short')) context.stdout(answer.answers.map((record) => `${record.value}\n`).join(''));
      else
        context.stdout(
          `\n; <<>> DiG 9.20.11 <<>> ${context.args.join(' ')}\n;; global options: +cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${answer.rcode}\n;; flags: qr rd ra; QUERY: 1, ANSWER: ${answer.answers.length}, AUTHORITY: 0, ADDITIONAL: 0\n\n;; QUESTION SECTION:\n;${asked.replace(/\.?$/, '.')}\t\tIN\t${type}\n\n${lines ? `;; ANSWER SECTION:\n${lines}\n` : ''};; Query time: ${tookMs} msec\n;; SERVER: ${server}#53(${server}) (UDP)\n\n`,
        );
      return 0;
    },
  });
}
