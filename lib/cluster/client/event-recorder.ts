import type { Random } from '@/lib/base';
import type { CoreV1Event, V1ObjectReference } from '@/generated/kubernetes/types';
import { ConnectionError, StatusError, type Draft, type KubeObject } from '../api';
import { rfc3339, rfc3339Micro, type Instant, type Kernel } from '../kernel';
import { apiVersionOf, type Client, type ResourceRef } from './client';

export const eventRef: ResourceRef<CoreV1Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  names: { plural: 'events' },
  scope: 'Namespaced',
};

export interface EventRecorderOptions {
  readonly kernel: Kernel;
  readonly client: Client;
  /** `deployment-controller`, `kubelet`: source.component and reportingComponent. */
  readonly component: string;
  /** The node it speaks for, where it speaks for one. */
  readonly host?: string;
  /** `events.k8s.io` writes as the newer recorder does (the scheduler's): eventTime, action, and a series instead of a count. */
  readonly style?: 'core' | 'events.k8s.io';
  /** `events.k8s.io` only: `default-scheduler-cp-1`. */
  readonly instance?: string;
}

/** What an Event is about: an object with its kind (cached items may lack it), or a reference. */
export type EventSubject =
  | { readonly resource: ResourceRef<any>; readonly object: KubeObject; readonly fieldPath?: string }
  | V1ObjectReference;

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `events.k8s.io` only: `Binding`, `Scheduling`. */
  readonly action?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Recorded {
  readonly name: string;
  readonly count: number;
  readonly at: Instant;
}

interface Similar {
  readonly messages: ReadonlySet<string>;
  readonly at: Instant;
}

interface Bucket {
  readonly tokens: number;
  readonly at: Instant;
}

/** What was recorded lately. */
interface Memory {
  readonly random: Random;
  readonly recorded: Map<string, Recorded>;
  readonly similar: Map<string, Similar>;
  readonly buckets: Map<string, Bucket>;
}

const similarMax = 10;
const similarWindowMs = 600_000;
const spamBurst = 25;
const spamRefillMs = 300_000;
const seriesWindowMs = 360_000;
const memoryMax = 4096;
const retryMs = 10_000;
const triesMax = 12;

/**
 * Writes Events, and counts up the one that is there when the same thing happens again (`client-go/tools/record`,
 * `tools/events`). An Event that cannot be written never disturbs the caller: refusals are dropped, lost connections retried.
 */
export class EventRecorder {
  readonly #kernel: Kernel;
  readonly #client: Client;
  readonly #options: EventRecorderOptions;
  /** Absent until there is something to record: most components have nothing to say. */
  #known: Memory | undefined;

  constructor(options: EventRecorderOptions) {
    this.#kernel = options.kernel;
    this.#client = options.client;
    this.#options = options;
  }

  get #memory(): Memory {
    const { component, host = '' } = this.#options;
    return (this.#known ??= {
      random: this.#kernel.random.fork(`events/${component}/${host}`),
      recorded: new Map(),
      similar: new Map(),
      buckets: new Map(),
    });
  }

  /** `record.event(pod, 'Normal', 'Scheduled', 'Successfully assigned …')`. */
  event(subject: EventSubject, type: EventText['type'], reason: string, message: string): void {
    this.record(subject, { type, reason, message });
  }

  record(subject: EventSubject, text: EventText): void {
    const about = referenceOf(subject);
    if (this.#options.style === 'events.k8s.io') this.#recordSeries(about, text);
    else this.#recordCounted(about, text);
  }

  /** `EventCorrelator`: the spam filter, then aggregation of similar texts, then the count of equal ones. */
  #recordCounted(about: V1ObjectReference, text: EventText): void {
    const source = `${this.#options.component}|${this.#options.host ?? ''}`;
    const { message, key, component } = this.#aggregate(about, text, `${source}|${text.type}|${text.reason}|${identity(about)}`);
    if (this.#isSpam(`${source}|${identity(about)}`)) return;
    const last = this.#memory.recorded.get(key);
    const now = this.#kernel.now;
    if (last) {
      this.#remember(key, { ...last, count: last.count + 1, at: now });
      const body = { count: last.count + 1, lastTimestamp: rfc3339(now), message };
      this.#write(() =>
        this.#patchOrCreate(about, last, body, () => this.#counted(about, { ...text, message }, component, last.name, last.count + 1)),
      );
    } else {
      const name = this.#nameFor(about);
      this.#remember(key, { name, count: 1, at: now });
      const draft = this.#counted(about, { ...text, message }, component, name, 1);
      this.#write(() => void this.#client.create(eventRef, draft));
    }
  }

  /** From the tenth different message of one kind within ten minutes on, they share one Event, which no component reports. */
  #aggregate(
    about: V1ObjectReference,
    { message, reason, type }: EventText,
    group: string,
  ): { message: string; key: string; component: string } {
    const now = this.#kernel.now;
    const known = this.#memory.similar.get(group);
    const isFresh = known !== undefined && now - known.at <= similarWindowMs;
    const messages = new Set(isFresh ? known.messages : []);
    messages.add(message);
    this.#memory.similar.delete(group);
    this.#memory.similar.set(group, { messages, at: now });
    forgetOldest(this.#memory.similar);
    const exact = `${group}|${about.fieldPath ?? ''}|${message}`;
    if (messages.size < similarMax) return { message, key: exact, component: this.#options.component };
    messages.delete(messages.values().next().value as string);
    return { message: `(combined from similar events): ${message}`, key: `${group}|${type}|${reason}|combined`, component: '' };
  }

  /** A token bucket for each source and object: 25 at once, then one in five minutes. */
  #isSpam(key: string): boolean {
    const now = this.#kernel.now;
    const bucket = this.#memory.buckets.get(key) ?? { tokens: spamBurst, at: now };
    const tokens = Math.min(spamBurst, bucket.tokens + (now - bucket.at) / spamRefillMs);
    this.#memory.buckets.delete(key);
    this.#memory.buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    forgetOldest(this.#memory.buckets);
    return tokens < 1;
  }

  /** `tools/events`: the first repeat starts a series; further ones are counted in memory and written at most every six minutes. */
  #recordSeries(about: V1ObjectReference, text: EventText): void {
    const key = `${text.type}|${text.action ?? ''}|${text.reason}|${identity(about)}`;
    const last = this.#memory.recorded.get(key);
    const now = this.#kernel.now;
    if (!last || now - last.at > seriesWindowMs) return this.#startSeries(key, about, text);
    this.#remember(key, { ...last, count: last.count + 1, at: now });
    if (last.count > 1) return;
    const series = { count: 2, lastObservedTime: rfc3339Micro(now) };
    this.#write(() => this.#patchOrCreate(about, last, { series }, () => ({ ...this.#single(about, text, last.name), series })));
  }

  #startSeries(key: string, about: V1ObjectReference, text: EventText): void {
    const name = this.#nameFor(about);
    this.#memory.recorded.delete(key);
    this.#remember(key, { name, count: 1, at: this.#kernel.now });
    const draft = this.#single(about, text, name);
    this.#write(() => void this.#client.create(eventRef, draft));
  }

  #patchOrCreate(about: V1ObjectReference, { name }: Recorded, body: object, draft: () => Draft<CoreV1Event>): void {
    try {
      this.#client.patch(eventRef, { namespace: namespaceOf(about), name }, body);
    } catch (error) {
      if (!StatusError.is(error, 'NotFound')) throw error;
      this.#client.create(eventRef, draft());
    }
  }

  #write(call: () => void, tries = 1): void {
    try {
      call();
    } catch (error) {
      if (error instanceof StatusError) return;
      if (!(error instanceof ConnectionError)) throw error;
      if (tries >= triesMax) return;
      this.#kernel.schedule({
        delayMs: retryMs,
        actor: this.#client.actor,
        what: 'write an event again',
        background: true,
        run: () => this.#write(call, tries + 1),
      });
    }
  }

  #counted(about: V1ObjectReference, text: EventText, reportingComponent: string, name: string, count: number): Draft<CoreV1Event> {
    const { component, host } = this.#options;
    const now = rfc3339(this.#kernel.now);
    return {
      metadata: { name, namespace: namespaceOf(about), ...(text.annotations ? { annotations: text.annotations } : {}) },
      involvedObject: about,
      reason: text.reason,
      message: text.message,
      type: text.type,
      source: { component, ...(host ? { host } : {}) },
      firstTimestamp: now,
      lastTimestamp: now,
      count,
      reportingComponent,
      reportingInstance: reportingComponent && (host ?? ''),
    };
  }

  #single(about: V1ObjectReference, text: EventText, name: string): Draft<CoreV1Event> {
    return {
      metadata: { name, namespace: namespaceOf(about) },
      involvedObject: about,
      reason: text.reason,
      message: text.message,
      type: text.type,
      action: text.action ?? '',
      source: {},
      eventTime: rfc3339Micro(this.#kernel.now),
      reportingComponent: this.#options.component,
      reportingInstance: this.#options.instance ?? this.#options.component,
    };
  }

  /** `web.18a3f0c2d4e5f601`: the object's name and the moment in nanoseconds, whose last six digits are chance here. */
  #nameFor(about: V1ObjectReference): string {
    return `${about.name}.${hexNanoseconds(this.#kernel.now, this.#memory.random.int(1_000_000))}`;
  }

  #remember(key: string, recorded: Recorded): void {
    this.#memory.recorded.set(key, recorded);
    forgetOldest(this.#memory.recorded);
  }
}

/** `ms` million and `rest` more in base 16: the product is beyond what a number holds exactly, its two parts are not. */
export function hexNanoseconds(ms: number, rest: number): string {
  const base = 2 ** 24;
  const low = (ms % base) * 1_000_000 + rest;
  const high = Math.floor(ms / base) * 1_000_000 + Math.floor(low / base);
  return `${high.toString(16)}${(low % base).toString(16).padStart(6, '0')}`;
}

/** `ref.GetReference`. */
function referenceOf(subject: EventSubject): V1ObjectReference {
  if (!('object' in subject)) return subject;
  const { resource, object, fieldPath } = subject;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    name,
    uid,
    resourceVersion,
    ...(namespace ? { namespace } : {}),
    ...(fieldPath ? { fieldPath } : {}),
  };
}

/** Events about what has no namespace live in `default`. */
function namespaceOf(about: V1ObjectReference): string {
  return about.namespace || 'default';
}

function identity(about: V1ObjectReference): string {
  return `${about.kind}|${about.namespace ?? ''}|${about.name}|${about.uid ?? ''}|${about.apiVersion}`;
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size > memoryMax) map.delete(map.keys().next().value as string);
}
