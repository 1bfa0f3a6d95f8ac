import { join } from 'node:path';
import type { Cluster } from '@/lib/cluster';
import { runEtcdctl, withEtcdAlone } from '../support/etcd-alone';
import { testTranscripts } from '../support/transcripts';

/**
 * etcdctl in the etcd Pod of cp-1, command by command with its whole output: `UPDATE_TRANSCRIPTS=1 npm test -- --selectProjects transcripts` writes it anew.
 * The first line names the control planes. `$` runs with the Pod's certificates, `$!` without; `<` is standard input, `@` lets something happen.
 */
testTranscripts(join(import.meta.dirname, 'etcdctl'), play);

function play(text: string): string {
  const lines = text.split('\n').filter((line) => /^(\$!?|<|@|#) /.test(line) || line === '<');
  const controlPlanes = lines[0]?.includes('three') ? 3 : 1;
  const cluster = withEtcdAlone(controlPlanes);
  const output: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    const input: string[] = [];
    while (lines[at + 1]?.startsWith('<')) input.push((lines[++at] as string).slice(2));
    output.push(...(at > 0 && !line.startsWith('@') ? [''] : []), line, ...input.map((one) => `< ${one}`.trimEnd()));
    if (line.startsWith('$')) output.push(...execute(cluster, line, input.map((one) => `${one}\n`).join('')));
    else if (line.startsWith('@')) happen(cluster, line.slice(2).split(' '));
  }
  return `${output.join('\n')}\n`;
}

/** Without what no reader needs and every change of a neighbour would change. */
function masked(printed: string): string {
  return printed
    .replace(/\d+\.\d{3}ms/g, '<took>')
    .replace(/"ts":"[^"]+"/g, '"ts":"<time>"')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b000[0-9a-f]{13}\b/g, '<lease>');
}

function execute(cluster: Cluster, line: string, stdin: string): string[] {
  const words = [...line.replace(/^\$!? /, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
  const { printed, exitCode } = runEtcdctl(cluster, words, { stdin, withCertificates: !line.startsWith('$!') });
  return [
    ...masked(printed)
      .replace(/\n$/, '')
      .split('\n')
      .filter((text, index) => text !== '' || index > 0),
    ...(exitCode === 0 ? [] : [`(exit ${exitCode ?? 'on Ctrl-C'})`]),
  ];
}

function happen(cluster: Cluster, [what, ...words]: readonly string[]): void {
  if (what === 'crash') cluster.crash(words[0] as string);
  else if (what === 'boot') cluster.bootMachine(words[0] as string);
  else if (what === 'later') {
    const [key = '', value = ''] = words;
    cluster.kernel.schedule({
      delayMs: 2_000,
      actor: 'test',
      what: 'put',
      background: false,
      run: () => void cluster.network.dialEtcd(cluster.network.host('cp-1'), 'https://127.0.0.1:2379').put(key, value),
    });
    return;
  }
  cluster.kernel.runFor(Number(what === 'wait' ? words[0] : 5) * 1000);
}
