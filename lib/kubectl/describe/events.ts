import type { KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { age } from '../duration';
import type { Text } from './text';

/** The events about an object, oldest first (`describe.searchEvents`). A kind that is empty matches any. */
export async function eventsAbout(
  context: Context,
  reference: { name: string; namespace?: string | undefined; kind?: string; uid?: string | undefined },
): Promise<KubeObject[]> {
  const resource = await context.discovery.get('events');
  const fields = [
    ['involvedObject.name', reference.name],
    ['involvedObject.namespace', reference.namespace],
    ['involvedObject.kind', reference.kind],
    ['involvedObject.uid', reference.uid],
  ].filter(([, value]) => value);
  const { items } = await context.client.get(pathOf(resource, reference.namespace), {
    query: { fieldSelector: fields.map((pair) => pair.join('=')).join(','), limit: 500 },
  });
  return items;
}

/** Events of the newer API have no lastTimestamp and so come first, as upstream sorts them. */
const lastSeen = (event: any): number => (event.lastTimestamp ? Date.parse(event.lastTimestamp) : 0);

export function eventLines(text: Text, events: readonly KubeObject[] | undefined, now: number): void {
  if (!events) return;
  if (events.length === 0) {
    text.line(0, 'Events:', '<none>');
    return;
  }
  text.line(0, 'Events:').line(1, 'Type', 'Reason', 'Age', 'From', 'Message').line(1, '----', '------', '----', '----', '-------');
  const sorted = [...events].sort((a, b) => lastSeen(a) - lastSeen(b));
  for (const event of sorted)
    text.line(
      1,
      event['type'] ?? '',
      event['reason'] ?? '',
      eventAge(event, now),
      event['source']?.component || event['reportingComponent'] || '',
      messageOf(event),
    );
}

/** What an event is about within its object goes before its message: `spec.containers{web}: …`. */
function messageOf(event: KubeObject): string {
  const { fieldPath } = event['involvedObject'] ?? {};
  const message = (event['message'] ?? '').trim();
  return fieldPath ? `${fieldPath}: ${message}` : message;
}

export function eventAge(event: any, now: number): string {
  const first = age(event.eventTime ?? event.firstTimestamp, now);
  if (event.series) return `${age(event.series.lastObservedTime, now)} (x${event.series.count} over ${first})`;
  return event.count > 1 ? `${age(event.lastTimestamp, now)} (x${event.count} over ${first})` : first;
}
