import { StatusError, type KubeObject } from '@/lib/cluster';
import { dryRunFlag, fieldManagerFlag, fileFlags, printFlags, saveConfigFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { draftObject } from '../draft';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { ResultPrinter } from '../output';
import { selectLive, type Info } from '../resources';
import { withLastApplied } from './apply';

export const autoscale = defineCommand({
  name: 'autoscale',
  short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
  long: 'Creates an autoscaler that automatically chooses and sets the number of pods that run in a Kubernetes cluster.\n\n Looks up a deployment, replica set, stateful set, or replication controller by name and creates an autoscaler that uses the given resource as a reference.',
  examples: [
    ['Auto scale a deployment "foo", with the number of pods between 2 and 10', 'kubectl autoscale deployment foo --min=2 --max=10'],
    ['Auto scale a deployment "foo", target CPU utilization at 80%', 'kubectl autoscale deployment foo --max=5 --cpu=80%'],
  ],
  usage: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  flags: [
    ...printFlags,
    ...fileFlags('identifying the resource to autoscale.'),
    dryRunFlag,
    fieldManagerFlag('kubectl-autoscale'),
    saveConfigFlag,
    flag.string('cpu', 'Target CPU utilization over all the pods: a percentage of what is requested, or a quantity.'),
    flag.string('memory', 'Target memory utilization over all the pods: a percentage of what is requested, or a quantity.'),
    flag.int('max', 'The upper limit for the number of pods that can be set by the autoscaler. Required.', -1, { isRequired: true }),
    flag.int(
      'min',
      "The lower limit for the number of pods that can be set by the autoscaler. If it's not specified or negative, the server will apply a default value.",
      -1,
    ),
    flag.string('name', 'The name for the newly created object. If not specified, the name of the input resource will be used.'),
  ],
  async run(context) {
    checkLimits(context);
    const printer = await ResultPrinter.of(context);
    const autoscalers = await context.discovery.get('horizontalpodautoscalers');
    let count = 0;
    for (const info of await selectLive(context)) {
      count++;
      const draft = autoscalerFor(context, info);
      const object = context.flags.bool('save-config') ? withLastApplied(draft) : draft;
      const path = pathOf(autoscalers, info.namespace);
      const result = context.dryRun === 'client' ? object : await create(context, path, object);
      printer.print(autoscalers, result, 'autoscaled');
    }
    if (count === 0) throw new CommandError('no objects passed to autoscale');
  },
});

function checkLimits({ flags }: Context): void {
  const [min, max] = [flags.int('min'), flags.int('max')];
  if (max < 1) throw new CommandError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
  if (max < min) throw new CommandError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
}

/** Refused, the real one tries autoscaling/v1, which can say nothing without a target for the processor. */
async function create(context: Context, path: string, object: KubeObject): Promise<KubeObject> {
  try {
    return await context.client.post(path, object, { query: context.writeQuery() });
  } catch (error) {
    if (!(error instanceof StatusError) || context.flags.string('cpu')) throw error;
    throw new CommandError('failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: empty input');
  }
}

function autoscalerFor({ flags }: Context, { object, resource, name, namespace }: Info) {
  if (!resource.subresources.includes('scale'))
    throw new CommandError(
      `cannot autoscale a ${resource.kind}${resource.group ? `.${resource.group}` : ''}: could not find scale subresource for ${resource.group}/${resource.version}, Resource=${resource.plural} in discovery information`,
    );
  const metrics = [metricOf('cpu', flags.string('cpu')), metricOf('memory', flags.string('memory'))].flat();
  const min = flags.int('min');
  return draftObject({
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    metadata: { name: flags.string('name') || name, ...(namespace ? { namespace } : {}) },
    spec: {
      scaleTargetRef: { kind: object.kind, name, apiVersion: object.apiVersion },
      ...(min > 0 ? { minReplicas: min } : {}),
      maxReplicas: flags.int('max'),
      ...(metrics.length > 0 ? { metrics } : {}),
    },
    status: { desiredReplicas: 0, currentMetrics: null },
  });
}

function metricOf(name: string, value: string): object[] {
  if (value === '') return [];
  const [, percent] = /^(\d+)%$/.exec(value) ?? [];
  const target = percent ? { type: 'Utilization', averageUtilization: Number(percent) } : { type: 'AverageValue', averageValue: value };
  return [{ type: 'Resource', resource: { name, target } }];
}
