import { StatusError } from '@/lib/cluster';
import {
  cascadeFlag,
  dryRunFlag,
  fieldManagerFlag,
  fileFlags,
  printFlags,
  saveConfigFlag,
  timeoutFlag,
  validateFlag,
} from '../common-flags';
import { defineCommand } from '../command';
import { pathOf } from '../discovery';
import { Aggregate, CommandError, withSource } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { ResultPrinter } from '../output';
import { selectFromFiles } from '../resources';
import { withLastApplied } from './apply';
import { lastApplied } from './last-applied';
import { deleteInfos } from './delete';

export const replace = defineCommand({
  name: 'replace',
  short: 'Replace a resource by file name or stdin',
  long: 'Replace a resource by file name or stdin.\n\n JSON and YAML formats are accepted. If replacing an existing resource, the complete resource spec must be provided.',
  examples: [
    ['Replace a pod using the data in pod.yaml', 'kubectl replace -f ./pod.yaml'],
    ['Force replace, delete and then re-create the resource', 'kubectl replace --force -f ./pod.yaml'],
  ],
  usage: '-f FILENAME',
  flags: [
    ...printFlags,
    ...fileFlags('to use to replace the resource.'),
    cascadeFlag,
    dryRunFlag,
    fieldManagerFlag('kubectl-replace'),
    saveConfigFlag,
    validateFlag,
    timeoutFlag('The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object'),
    flag.bool('force', 'If true, immediately remove resources from API and bypass graceful deletion.'),
    flag.int('grace-period', 'Period of time in seconds given to the resource to terminate gracefully. Ignored if negative.', -1),
    flag.string('raw', 'Raw URI to PUT to the server.  Uses the transport specified by the kubeconfig file.'),
    flag.string('subresource', 'If specified, replace will operate on the subresource of the requested object.'),
    flag.bool('wait', 'If true, wait for resources to be gone before returning. This waits for finalizers.'),
  ],
  async run(context) {
    if (context.args.length > 0) throw context.usageError(`Unexpected args: [${context.args.join(' ')}]`);
    if (!hasFiles(context)) throw new CommandError('must specify one of -f and -k');
    const infos = await selectFromFiles(context);
    if (infos.length === 0) throw new CommandError('no objects passed to replace');
    const printer = await ResultPrinter.of(context);
    const isForced = context.flags.bool('force');
    if (isForced)
      await deleteInfos(context, infos).catch((error: unknown) => {
        if (!StatusError.is(error, 'NotFound')) throw error;
      });
    const errors: unknown[] = [];
    for (const info of infos) {
      try {
        const keepsAnnotation = context.flags.bool('save-config') || info.object.metadata.annotations?.[lastApplied] !== undefined;
        const object = keepsAnnotation ? withLastApplied(info.object) : info.object;
        const query = context.writeQuery();
        const path = pathOf(
          info.resource,
          info.namespace,
          isForced ? undefined : info.name,
          isForced ? undefined : context.flags.string('subresource') || undefined,
        );
        const result =
          context.dryRun === 'client'
            ? object
            : isForced
              ? await context.client.post(path, object, { query })
              : await context.client.put(path, object, { query });
        printer.print(info.resource, result, 'replaced');
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        errors.push(withSource('replacing', info.source, error));
      }
    }
    Aggregate.throwAll(errors);
  },
});
