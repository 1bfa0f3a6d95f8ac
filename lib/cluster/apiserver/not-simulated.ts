import type { KubeObject, ResourceDefinition } from '../api';
import { Event } from '../resources';
import { storageKey, type Storage } from './storage';
import { apiVersionOf, type RequestContext } from './context';

/**
 * Nobody should wait for what will not come: an object of a kind, or a change of a part, that nothing here acts upon yet
 * (`notSimulated` of its definition) gets a Warning Event, which `kubectl describe` and `kubectl get events` show. A real cluster has no such Event.
 */
export function flagNotSimulated(
  storage: Storage,
  { definition, timestamp }: RequestContext,
  object: KubeObject,
  uid: string,
  what: string,
): void {
  const event = eventAbout(definition, object, timestamp, uid, what);
  storage.create(storageKey(Event, event.metadata.namespace ?? '', event.metadata.name), event);
}

const namespaceOfClusterEvents = 'default';

function eventAbout(definition: ResourceDefinition, { metadata }: KubeObject, timestamp: string, uid: string, what: string): KubeObject {
  const namespace = metadata.namespace ?? namespaceOfClusterEvents;
  return {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: `${metadata.name}.${uid.replaceAll('-', '').slice(0, 16)}`, namespace, uid, creationTimestamp: timestamp },
    involvedObject: {
      kind: definition.kind,
      ...(metadata.namespace ? { namespace } : {}),
      name: metadata.name,
      uid: metadata.uid,
      apiVersion: apiVersionOf(definition),
      resourceVersion: metadata.resourceVersion,
    },
    reason: 'NotSimulated',
    message: `This ${definition.kind} is stored, but nothing in this cluster acts upon it yet: ${what}`,
    source: { component: 'orrery' },
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    count: 1,
    type: 'Warning',
    eventTime: null,
    reportingComponent: 'orrery',
    reportingInstance: '',
  } as unknown as KubeObject;
}
