import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshCluster } from '../support/template';
import { Desk, webManifest } from '../support/kubectl';

/**
 * Commands and their output, on a cluster of seed 1; generated names and the waiting lines of a rollout are masked. `$` runs a command, `wait 10s` lets simulated time pass,
 * what a command writes to standard error follows its output, and an exit code other than 0 stands in brackets.
 * UPDATE_TRANSCRIPTS=1 rewrites the files; read the difference before committing it.
 */
const directory = join(process.cwd(), 'tests/transcripts/kubectl');

const home = '/home/learner';
const files = {
  [`${home}/web.yaml`]: webManifest,
  [`${home}/web-v2.yaml`]: webManifest.replace('nginx:1.27', 'nginx:1.28').replace('replicas: 2', 'replicas: 3'),
  [`${home}/misspelt.yaml`]: webManifest.replace('replicas: 2', 'replicaz: 2'),
  [`${home}/mistyped.yaml`]: webManifest.replace('replicas: 2', 'replicas: two'),
  [`${home}/impossible.yaml`]:
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: impossible\nspec:\n  nodeSelector:\n    disk: nvme\n  containers:\n  - name: c\n    image: nginx\n',
  [`${home}/many/a.yaml`]:
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: b\nstringData:\n  password: geheim\n',
};

async function replay(transcript: string): Promise<string> {
  const desk = new Desk(freshCluster({ seed: 1 }), files);
  const out: string[] = [];
  for (const line of transcript.split('\n')) {
    if (line.startsWith('#') || line === '') out.push(`${line}\n`);
    if (line.startsWith('$ ')) out.push(`${line}\n`, await perform(desk, line.slice(2)));
  }
  return steady(out.join(''))
    .replace(/\n{2,}/g, '\n\n')
    .replace(/\n+$/, '\n');
}

/** What a change of some other component's timing or chance may alter says nothing about kubectl. */
function steady(text: string): string {
  return text
    .replace(/\b((?:[a-z-]+-[a-f0-9bcdfghjklmnpqrstvwxz2456789]{8,10}|kube-proxy|kube-api-access)-)[a-z0-9]{5}\b/g, '$1xxxxx')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/(resourceVersion: )"\d+"/g, '$1"…"')
    .replace(/\b10\.(96|244)\.(?!0\.1\b)\d+\.\d+/g, '10.$1.x.x')
    .replace(/\b3[0-2]\d{3}\/TCP/g, '3xxxx/TCP')
    .replace(/(Waiting for deployment .*\n)+/g, 'Waiting for deployment …\n');
}

async function perform(desk: Desk, command: string): Promise<string> {
  const wait = /^wait (\d+)s$/.exec(command);
  if (wait) return (void desk.cluster.kernel.runFor(Number(wait[1]) * 1000), '\n');
  const [, line = '', stopAfter] = /^kubectl (.*?)(?: +# Ctrl-C after (\d+)s)?$/.exec(command) ?? [];
  const words = line.match(/'[^']*'|\S+/g)?.map((word) => word.replace(/'/g, '')) ?? [];
  const { stdout, stderr, exitCode } = await desk.run(words, stopAfter ? { stopAfterMs: Number(stopAfter) * 1000 } : {});
  const text = stdout + stderr;
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${exitCode === 0 ? '' : `[exit ${exitCode}]\n`}\n`;
}

test.each(readdirSync(directory).filter((name) => name.endsWith('.txt')))('%s reads as it did', async (name) => {
  const file = join(directory, name);
  const written = readFileSync(file, 'utf8');
  const now = await replay(written);
  if (process.env['UPDATE_TRANSCRIPTS']) writeFileSync(file, now);
  else expect(now).toBe(written);
});
