import type { KubeObject } from '@/lib/cluster';
import { fileFlags, printFlags } from '../common-flags';
import { defineCommand, type Command } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { commandHelp } from '../help';
import { hasFiles } from '../manifests';
import { ResultPrinter } from '../output';
import { selectLive, type Info } from '../resources';

type Verdict = 'Approved' | 'Denied';

const approve = decision('approve', 'Approved', 'Approve a certificate signing request', 'approved');
const deny = decision('deny', 'Denied', 'Deny a certificate signing request', 'denied');

export const certificate = defineCommand({
  name: 'certificate',
  short: 'Modify certificate resources',
  long: 'Modify certificate resources.',
  usage: 'SUBCOMMAND',
  subcommands: [approve, deny],
  async run(context) {
    context.out(commandHelp(context.command, context.path));
  },
});

function decision(name: string, verdict: Verdict, short: string, done: string): Command {
  return defineCommand({
    name,
    short,
    examples: [[`${name === 'approve' ? 'Approve' : 'Deny'} CSR 'csr-sqgzp'`, `kubectl certificate ${name} csr-sqgzp`]],
    usage: '(-f FILENAME | NAME)',
    flags: [
      ...printFlags,
      ...fileFlags('identifying the resource to update'),
      flag.bool('force', `Update the CSR even if it is already ${done}.`),
    ],
    async run(context) {
      if (context.args.length === 0 && !hasFiles(context))
        throw new CommandError('one or more CSRs must be specified as <name> or -f <filename>');
      const printer = await ResultPrinter.of(context);
      const requests = hasFiles(context) ? await selectLive(context) : await selectNamed(context);
      for (const info of requests) printer.print(info.resource, await decide(context, info, verdict), done);
    },
  });
}

async function selectNamed(context: Context): Promise<Pick<Info, 'resource' | 'object' | 'name'>[]> {
  const resource = await context.discovery.get('certificatesigningrequests');
  const found: Pick<Info, 'resource' | 'object' | 'name'>[] = [];
  for (const name of context.args) {
    const object: KubeObject = await context.client.get(pathOf(resource, undefined, name));
    found.push({ resource, object, name });
  }
  return found;
}

/** Adds the condition, unless the request has it and nobody insists (`certificates.go addConditionIfNeeded`). */
async function decide(context: Context, { resource, object, name }: Pick<Info, 'resource' | 'object' | 'name'>, verdict: Verdict) {
  const conditions = (object['status']?.conditions ?? []) as { type: string }[];
  const opposite = verdict === 'Approved' ? 'Denied' : 'Approved';
  if (conditions.some(({ type }) => type === opposite))
    throw new CommandError(`certificate signing request ${JSON.stringify(name)} is already ${opposite}`);
  if (conditions.some(({ type }) => type === verdict) && !context.flags.bool('force')) return object;
  const now = `${new Date(context.io.now()).toISOString().slice(0, 19)}Z`;
  const condition = {
    type: verdict,
    status: 'True',
    reason: `Kubectl${verdict === 'Approved' ? 'Approve' : 'Deny'}`,
    message: `This CSR was ${verdict.toLowerCase()} by kubectl certificate ${verdict === 'Approved' ? 'approve' : 'deny'}.`,
    lastUpdateTime: now,
  };
  const status = { ...object['status'], conditions: [...conditions.filter(({ type }) => type !== verdict), condition] };
  return context.client.put(pathOf(resource, undefined, name, 'approval'), { ...object, status });
}
