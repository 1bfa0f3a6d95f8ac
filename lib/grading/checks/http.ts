import { z } from 'zod';
import type { V1Pod } from '@/generated/kubernetes/types';
import type { HttpResult, KubeObject, NetworkNamespace } from '@/lib/cluster';
import { defineCheck, notYet, pass, shown, type Finding } from '../check';
import { durationSchema } from '../duration';
import type { Observer } from '../observer';

const podSource = z.strictObject({
  namespace: z.string().default('default'),
  name: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

const spec = z.strictObject({
  from: z
    .union([z.literal('workstation'), z.strictObject({ pod: podSource }), z.strictObject({ node: z.string() })])
    .default('workstation'),
  url: z.string(),
  method: z.string().default('GET'),
  status: z.number().int().optional(),
  /** Text the body contains. */
  body: z.string().optional(),
  /** The outcome is no answer at all: what a policy or a missing Service should bring about. */
  fails: z.boolean().default(false),
  timeout: durationSchema.default(5000),
});

type HttpSpec = z.infer<typeof spec>;

/** A request made from inside gets this answer: through the simulated DNS, kube-proxy's rules and whatever else is on the way. */
export const httpCheck = defineCheck<HttpSpec>({
  key: 'http',
  spec: spec as z.ZodType<HttpSpec>,
  title: ({ url, fails }) => (fails ? `${url} does not answer` : `${url} answers`),
  reach: 'touch',
  run(http, observer) {
    const { url, missing } = resolved(http.url, observer);
    if (missing !== undefined) return notYet(missing);
    const source = sourceOf(http, observer);
    if (!source.namespace) return notYet(source.message);
    const result = observer.http(source.namespace, url, { method: http.method, timeoutMs: http.timeout });
    return http.fails ? refusal(url, result) : answer(http, url, result);
  },
});

function answer(http: HttpSpec, url: string, result: HttpResult): Finding {
  if (result.type === 'error') return notYet(`${url}: ${said(result)}.`, { expected: http.status ?? 'an answer', actual: result.error });
  const { status, body } = result.response;
  if (http.status !== undefined && status !== http.status)
    return notYet(`${url} answers ${status}, and should answer ${http.status}.`, { path: 'status', expected: http.status, actual: status });
  if (http.body !== undefined && !body.includes(http.body))
    return notYet(`${url} answers, but not with ${shown(http.body)}.`, { path: 'body', expected: http.body, actual: body.slice(0, 500) });
  return pass(`${url} answers ${status}.`);
}

function refusal(url: string, result: HttpResult): Finding {
  return result.type === 'error'
    ? pass(`${url}: ${said(result)}.`)
    : notYet(`${url} answers ${result.response.status}, and should not answer.`, { actual: result.response.status });
}

function said({ error }: Extract<HttpResult, { type: 'error' }>): string {
  return {
    'could-not-resolve': 'no such name',
    refused: 'connection refused',
    timeout: 'no answer in time',
    unreachable: 'no route to host',
  }[error];
}

function sourceOf({ from }: HttpSpec, observer: Observer): { namespace: NetworkNamespace } | { namespace?: undefined; message: string } {
  const { network } = observer.cluster;
  if (from === 'workstation') return { namespace: network.host('workstation') };
  if ('node' in from)
    return observer.cluster.findMachine(from.node) ? { namespace: network.host(from.node) } : { message: `There is no node ${from.node}.` };
  const { namespace, name, labels = {} } = from.pod;
  const pods = observer.objects('v1', 'Pod', namespace) as readonly (KubeObject & V1Pod)[];
  const pod = pods.find(
    (one) =>
      (name === undefined || one.metadata.name === name) &&
      Object.entries(labels).every(([key, value]) => one.metadata.labels?.[key] === value) &&
      one.status?.phase === 'Running' &&
      one.status.podIP,
  );
  const found = pod?.status?.podIP === undefined ? undefined : network.find(pod.status.podIP);
  return found
    ? { namespace: found }
    : {
        message: `There is no running Pod ${
          name ??
          Object.entries(labels)
            .map((pair) => pair.join('='))
            .join(',')
        } in namespace ${namespace} to ask from.`,
      };
}

/** `{nodePort:shop/web}` in a URL stands for the node port the cluster chose; `{clusterIP:shop/web}` likewise. */
function resolved(template: string, observer: Observer): { url: string; missing?: string } {
  let missing: string | undefined;
  const url = template.replace(
    /\{(nodePort|clusterIP):(?:([\w-]+)\/)?([\w-]+)\}/g,
    (whole, what: string, namespace: string | undefined, name: string) => {
      const service = observer.find('v1', 'Service', name, namespace ?? 'default');
      const value = what === 'nodePort' ? service?.['spec'].ports?.[0]?.nodePort : service?.['spec'].clusterIP;
      if (value !== undefined) return String(value);
      const place = `in namespace ${namespace ?? 'default'}`;
      missing ??= service
        ? `The Service ${name} has no ${what === 'nodePort' ? 'node port' : 'address'}.`
        : `There is no Service ${name} ${place}.`;
      return whole;
    },
  );
  return missing === undefined ? { url } : { url, missing };
}
