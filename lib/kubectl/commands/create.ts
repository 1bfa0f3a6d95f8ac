import { StatusError, type KubeObject } from '@/lib/cluster';
import { dryRunFlag, fieldManagerFlag, fileFlags, printFlags, saveConfigFlag, selectorFlag, validateFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { Aggregate, CommandError, withSource } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { ResultPrinter } from '../output';
import { selectFromFiles, type Info } from '../resources';
import { labelMatcher } from '../selectors';
import { withLastApplied } from './apply';
import {
  createConfigMap,
  createDeployment,
  createJob,
  createCronJob,
  createNamespace,
  createQuota,
  createSecret,
  createService,
  createServiceAccount,
  createToken,
} from './create-generators';
import { createIngress, createPodDisruptionBudget, createPriorityClass } from './create-policies';
import { createClusterRole, createClusterRoleBinding, createRole, createRoleBinding } from './create-rbac';

export const create = defineCommand({
  name: 'create',
  short: 'Create a resource from a file or from stdin',
  long: 'Create a resource from a file or from stdin.\n\n JSON and YAML formats are accepted.',
  examples: [
    ['Create a pod using the data in pod.yaml', 'kubectl create -f ./pod.yaml'],
    ['Create a pod based on the YAML passed into stdin', 'cat pod.yaml | kubectl create -f -'],
    ['Create a deployment', 'kubectl create deployment web --image=nginx'],
  ],
  usage: '-f FILENAME',
  flags: [
    ...printFlags,
    ...fileFlags('to use to create the resource'),
    dryRunFlag,
    fieldManagerFlag('kubectl-create'),
    saveConfigFlag,
    selectorFlag,
    validateFlag,
    flag.bool('edit', 'Edit the API resource before creating'),
    flag.string('raw', 'Raw URI to POST to the server.  Uses the transport specified by the kubeconfig file.'),
    flag.bool('windows-line-endings', 'Only relevant if --edit=true. Defaults to the line ending native to your platform.'),
  ],
  subcommands: [
    createClusterRole,
    createClusterRoleBinding,
    createConfigMap,
    createCronJob,
    createDeployment,
    createIngress,
    createJob,
    createNamespace,
    createPodDisruptionBudget,
    createPriorityClass,
    createQuota,
    createRole,
    createRoleBinding,
    createSecret,
    createService,
    createServiceAccount,
    createToken,
  ],
  async run(context) {
    if (context.args.length > 0) throw context.usageError(`Unexpected args: [${context.args.join(' ')}]`);
    if (!hasFiles(context)) throw new CommandError('must specify one of -f and -k');
    if (context.flags.bool('edit')) throw new CommandError('create --edit is not simulated; edit the file first');
    await createFromFiles(context);
  },
});

async function createFromFiles(context: Context): Promise<void> {
  const matches = labelMatcher(context.flags.string('selector'));
  const infos = (await selectFromFiles(context)).filter(({ object }) => matches(object.metadata.labels ?? {}));
  if (infos.length === 0) throw new CommandError('no objects passed to create');
  const printer = await ResultPrinter.of(context);
  const errors: unknown[] = [];
  for (const info of infos) {
    try {
      printer.print(info.resource, await createOne(context, info), 'created');
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      errors.push(withSource('creating', info.source, error));
    }
  }
  Aggregate.throwAll(errors);
}

async function createOne(context: Context, info: Info): Promise<KubeObject> {
  const object = context.flags.bool('save-config') ? withLastApplied(info.object) : info.object;
  if (context.dryRun === 'client') return object;
  return context.client.post(pathOf(info.resource, info.namespace), object, { query: context.writeQuery() });
}
