import type { CoreV1Event, EventsV1Event } from '@/generated/kubernetes/types';
import { defineResource, type TableColumn } from '../api';
import { since } from './columns/duration';
import { validateEvent } from './validation/other-kinds';

const event = 'io.k8s.api.core.v1.Event';
const reference = 'io.k8s.api.core.v1.ObjectReference';

const columns: readonly TableColumn<CoreV1Event>[] = [
  { name: 'Last Seen', describedBy: `${event}.lastTimestamp`, value: (object, now) => since(lastSeen(object), now) },
  { name: 'Type', describedBy: `${event}.type`, value: ({ type }) => type ?? '' },
  { name: 'Reason', describedBy: `${event}.reason`, value: ({ reason }) => reason ?? '' },
  { name: 'Object', describedBy: `${event}.involvedObject`, value: subject },
  { name: 'Subobject', priority: 1, describedBy: `${reference}.fieldPath`, value: ({ involvedObject }) => involvedObject?.fieldPath ?? '' },
  { name: 'Source', priority: 1, describedBy: `${event}.source`, value: source },
  { name: 'Message', describedBy: `${event}.message`, value: ({ message }) => (message ?? '').trim() },
  { name: 'First Seen', priority: 1, describedBy: `${event}.firstTimestamp`, value: (object, now) => since(firstSeen(object), now) },
  { name: 'Count', priority: 1, describedBy: `${event}.count`, value: ({ series, count }) => (series ? (series.count ?? 0) : count || 1) },
  {
    name: 'Name',
    priority: 1,
    format: 'name',
    describedBy: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.name',
    value: ({ metadata }) => metadata.name,
  },
];

const names = { plural: 'events', singular: 'event', short: ['ev'] } as const;

export const Event = defineResource<CoreV1Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  names,
  scope: 'Namespaced',
  validate: validateEvent,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  selectableFields: ({ involvedObject, reason, source, reportingComponent, type }) => ({
    'involvedObject.kind': involvedObject?.kind ?? '',
    'involvedObject.namespace': involvedObject?.namespace ?? '',
    'involvedObject.name': involvedObject?.name ?? '',
    'involvedObject.uid': involvedObject?.uid ?? '',
    'involvedObject.apiVersion': involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': involvedObject?.fieldPath ?? '',
    reason: reason ?? '',
    reportingComponent: reportingComponent ?? '',
    source: source?.component || reportingComponent || '',
    type: type ?? '',
  }),
  columns,
});

/** The same Events in the words of `events.k8s.io/v1`. */
export const EventsEvent = defineResource<EventsV1Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  names,
  scope: 'Namespaced',
  storagePrefix: 'events',
  storedAs: { definition: Event, encode: toCore, decode: toEvents },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  selectableFields: (object) => {
    const { ['involvedObject.kind']: kind, ...rest } = Event.selectableFields?.(toCore(object)) ?? {};
    const regarding = Object.fromEntries(
      Object.entries({ 'involvedObject.kind': kind ?? '', ...rest }).map(([field, value]) => [
        field.replace('involvedObject', 'regarding').replace('reportingComponent', 'reportingController'),
        value,
      ]),
    );
    return regarding;
  },
  columns: columns.map((column) => ({ ...column, value: (object: EventsV1Event, now: number) => column.value(toCore(object), now) })),
});

function toCore({
  note,
  regarding,
  reportingController,
  deprecatedSource,
  deprecatedFirstTimestamp,
  deprecatedLastTimestamp,
  deprecatedCount,
  ...same
}: EventsV1Event): CoreV1Event {
  return {
    ...same,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    ...(note === undefined ? {} : { message: note }),
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
    reportingComponent: reportingController ?? '',
    reportingInstance: same.reportingInstance ?? '',
  } as unknown as CoreV1Event;
}

function toEvents({
  message,
  involvedObject,
  reportingComponent,
  reportingInstance,
  source,
  firstTimestamp,
  lastTimestamp,
  count,
  ...same
}: CoreV1Event): EventsV1Event {
  return {
    ...same,
    apiVersion: 'events.k8s.io/v1',
    ...(involvedObject && Object.keys(involvedObject).length ? { regarding: involvedObject } : { regarding: {} }),
    ...(message === undefined ? {} : { note: message }),
    ...(reportingComponent ? { reportingController: reportingComponent } : {}),
    ...(reportingInstance ? { reportingInstance } : {}),
    deprecatedSource: source ?? {},
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    ...(count === undefined ? {} : { deprecatedCount: count }),
  } as unknown as EventsV1Event;
}

function firstSeen({ firstTimestamp, eventTime }: CoreV1Event): string | undefined {
  return firstTimestamp ?? eventTime;
}

function lastSeen(object: CoreV1Event): string | undefined {
  if (object.series) return object.series.lastObservedTime;
  return object.lastTimestamp ?? firstSeen(object);
}

function subject({ involvedObject }: CoreV1Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
}

function source({ source, reportingComponent, reportingInstance }: CoreV1Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host ? `${component}, ${host}` : component;
}
