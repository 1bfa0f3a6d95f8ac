import type { V1LimitRangeItem } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import { Quantity, type KubeObject } from '../../api';
import { podLimits, podRequests } from '../../resources/quota/pod-resources';
import { textsOf } from '../../resources/quota/amounts';
import { aggregate } from './aggregate';
import { forbid } from './forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from './plugin';

type List = Readonly<Record<string, string>>;

const annotation = 'kubernetes.io/limit-ranger';

/** Fills in what a namespace's LimitRanges say by default, and holds Pods and claims to them (`plugin/pkg/admission/limitranger`). */
export const LimitRanger = defineAdmissionPlugin({
  name: 'LimitRanger',
  kinds: ['Pod', 'PersistentVolumeClaim'],
  mutate(request, lookup) {
    const { object: pod } = request;
    if (!pod || request.definition.kind !== 'Pod') return;
    for (const range of rangesFor(request, lookup)) addDefaults(pod, itemsOf(range));
  },
  validate(request, lookup) {
    const { object, definition } = request;
    if (!object) return;
    for (const range of rangesFor(request, lookup)) {
      const items = itemsOf(range);
      const wrong = definition.kind === 'Pod' ? podErrors(object, items) : claimErrors(object, items);
      if (wrong.length > 0) throw forbid(request, aggregate(wrong));
    }
  },
});

function rangesFor(
  { operation, definition, subresource, namespace, object, old }: AdmissionRequest,
  lookup: Lookup,
): readonly KubeObject[] {
  if (!namespace || (operation !== 'CREATE' && operation !== 'UPDATE')) return [];
  if (subresource && subresource !== 'resize') return [];
  if (definition.kind === 'Pod' && operation === 'UPDATE' && subresource !== 'resize') return [];
  if (old && object?.metadata.deletionTimestamp) return [];
  return lookup.list('LimitRange', namespace);
}

function itemsOf({ spec }: KubeObject): readonly V1LimitRangeItem[] {
  return spec?.limits ?? [];
}

function addDefaults({ metadata, spec }: KubeObject, items: readonly V1LimitRangeItem[]): void {
  const defaults = { requests: {} as Record<string, string>, limits: {} as Record<string, string> };
  for (const item of items.filter(({ type }) => type === 'Container')) {
    Object.assign(defaults.requests, item.defaultRequest);
    Object.assign(defaults.limits, item.default);
  }
  const said = [
    ...(spec.containers ?? []).flatMap((container: any) => addTo(container, defaults, 'container')),
    ...(spec.initContainers ?? []).flatMap((container: any) => addTo(container, defaults, 'init container')),
  ];
  if (said.length > 0) metadata.annotations = { ...metadata.annotations, [annotation]: `LimitRanger plugin set: ${said.join('; ')}` };
}

function addTo(container: any, defaults: { requests: List; limits: List }, what: string): string[] {
  const resources = { ...container.resources };
  const said: string[] = [];
  for (const field of ['requests', 'limits'] as const) {
    const missing = Object.keys(defaults[field]).filter((name) => resources[field]?.[name] === undefined);
    if (missing.length === 0) continue;
    resources[field] = { ...resources[field] };
    for (const name of missing) resources[field][name] = defaults[field][name];
    said.push(`${missing.sort(compareBytes).join(', ')} ${field === 'requests' ? 'request' : 'limit'} for ${what} ${container.name}`);
  }
  container.resources = resources;
  return said;
}

function podErrors(pod: KubeObject, items: readonly V1LimitRangeItem[]): string[] {
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
  return items.flatMap((item) => {
    if (item.type === 'Container')
      return containers.flatMap(({ resources }: any) => errorsOf(item, resources?.requests ?? {}, resources?.limits ?? {}));
    if (item.type !== 'Pod') return [];
    return errorsOf(item, textsOf(podRequests(pod as never)), textsOf(podLimits(pod as never)));
  });
}

function claimErrors({ spec }: KubeObject, items: readonly V1LimitRangeItem[]): string[] {
  const requests: List = spec?.resources?.requests ?? {};
  return items
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap(({ type, min, max }) => [
      ...broken(type, min as List, requests, {}, belowMinimum),
      ...broken(type, max as List, requests, {}, requestAboveMaximum),
    ]);
}

function errorsOf({ type, min, max, maxLimitRequestRatio }: V1LimitRangeItem, requests: List, limits: List): string[] {
  return [
    ...broken(type, min as List, requests, limits, belowMinimum),
    ...broken(type, max as List, requests, limits, aboveMaximum),
    ...broken(type, maxLimitRequestRatio as List, requests, limits, ratioTooLarge),
  ];
}

/** One bound of a range, and what is asked for. */
interface Asked {
  readonly type: string;
  readonly name: string;
  readonly bound: string;
  readonly request: string | undefined;
  readonly limit: string | undefined;
}

type Problem = (asked: Asked) => string | undefined;

function broken(type: string, bounds: List | undefined, requests: List, limits: List, problem: Problem): string[] {
  return Object.entries(bounds ?? {})
    .sort(([a], [b]) => compareBytes(a, b))
    .flatMap(([name, bound]) => problem({ type, name, bound, request: requests[name], limit: limits[name] }) ?? []);
}

function isLess(a: string, b: string): boolean {
  return Quantity.of(a).compare(Quantity.of(b)) < 0;
}

function belowMinimum({ type, name, bound, request, limit }: Asked): string | undefined {
  const rule = `minimum ${name} usage per ${type} is ${Quantity.of(bound)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (isLess(request, bound)) return `${rule}, but request is ${Quantity.of(request)}`;
  return limit !== undefined && isLess(limit, bound) ? `${rule}, but limit is ${Quantity.of(limit)}` : undefined;
}

function aboveMaximum({ type, name, bound, request, limit }: Asked): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${Quantity.of(bound)}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (isLess(bound, limit)) return `${rule}, but limit is ${Quantity.of(limit)}`;
  return request !== undefined && isLess(bound, request) ? `${rule}, but request is ${Quantity.of(request)}` : undefined;
}

function requestAboveMaximum({ type, name, bound, request }: Asked): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${Quantity.of(bound)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  return isLess(bound, request) ? `${rule}, but request is ${Quantity.of(request)}` : undefined;
}

function ratioTooLarge({ type, name, bound, request, limit }: Asked): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${Quantity.of(bound)}`;
  if (request === undefined || Quantity.of(request).isZero) return `${rule}, but no request is specified or request is 0`;
  if (limit === undefined || Quantity.of(limit).isZero) return `${rule}, but no limit is specified or limit is 0`;
  const ratio = Number(Quantity.of(limit).nanos) / Number(Quantity.of(request).nanos);
  return ratio > Number(Quantity.of(bound).nanos) / 1e9 ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
