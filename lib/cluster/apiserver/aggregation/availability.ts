import type { V1APIService, V1EndpointSlice, V1Service } from '@/generated/kubernetes/types';
import type { KubeObject } from '../../api';
import type { Lookup } from '../admission/plugin';
import type { ProxyDialer } from '../proxy';

/** Whether the API behind a Service can be asked, and if not, why not. */
interface Availability {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** What an API server behind a Service was found to be. */
interface Checked {
  readonly availability: Availability;
  /** What it says it serves, as an `APIResourceList` has it. */
  readonly resources: readonly object[];
}

/** Looks at the Service, at what is behind it and at what that answers (`kube-aggregator/pkg/controllers/status/remote`). */
export function checkAvailability(api: V1APIService, lookup: Lookup, dial: ProxyDialer | undefined): Checked {
  const { namespace = '', name = '', port = 443 } = api.spec?.service ?? {};
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = lookup.find('Service', namespace, name) as unknown as V1Service | undefined;
  if (!service) return unavailable('ServiceNotFound', `${where} is not present`);
  const found = (service.spec?.ports ?? []).find((one) => one.port === port);
  if (!found) return unavailable('ServicePortError', `${where} is not listening on port ${port}`);
  const slices = slicesOf(lookup, namespace, name);
  if (slices.length === 0) return unavailable('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  if (!slices.some((slice) => hasAddress(slice, found.name ?? '')))
    return unavailable(
      'MissingEndpoints',
      `endpointslices for ${where} have no addresses with port name ${JSON.stringify(found.name ?? '')}`,
    );
  return askDiscovery(api, `${service.spec?.clusterIP}:${port}`, dial);
}

function slicesOf(lookup: Lookup, namespace: string, name: string): V1EndpointSlice[] {
  const isOfService = ({ metadata }: KubeObject) => metadata.labels?.['kubernetes.io/service-name'] === name;
  return lookup.list('EndpointSlice', namespace).filter(isOfService) as unknown as V1EndpointSlice[];
}

function hasAddress({ endpoints, ports }: V1EndpointSlice, portName: string): boolean {
  const isReady = (endpoints ?? []).some(({ addresses, conditions }) => addresses.length > 0 && conditions?.ready !== false);
  return isReady && (ports ?? []).some(({ name = '' }) => name === portName);
}

function askDiscovery({ spec }: V1APIService, host: string, dial: ProxyDialer | undefined): Checked {
  const url = `https://${host}/apis/${spec?.group}/${spec?.version}`;
  const failed = (why: string) => unavailable('FailedDiscoveryCheck', `failing or missing response from ${url}: ${why}`);
  const result = dial?.({ method: 'GET', url, headers: { accept: 'application/json', host } });
  if (!result) return failed('no route to host');
  if (result.type === 'error') return failed(`Get ${JSON.stringify(url)}: ${result.message}`);
  const { status, body } = result.response;
  if (status < 200 || status > 299) return failed(`bad status from ${url}: ${status}`);
  return { availability: { status: 'True', reason: 'Passed', message: 'all checks passed' }, resources: resourcesIn(body) };
}

function resourcesIn(body: string): readonly object[] {
  try {
    const { resources } = JSON.parse(body) as { resources?: readonly object[] };
    return Array.isArray(resources) ? resources : [];
  } catch {
    return [];
  }
}

function unavailable(reason: string, message: string): Checked {
  return { availability: { status: 'False', reason, message }, resources: [] };
}
