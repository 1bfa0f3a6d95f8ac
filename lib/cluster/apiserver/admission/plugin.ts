import type { KubeObject, ResourceDefinition } from '../../api';
import type { Kernel } from '../../kernel';
import type { User } from '../authentication';
import type { Attributes, Verdict } from '../authorization';
import type { RequestContext } from '../context';
import type { DeleteOptions } from '../deletion';
import type { AdmissionConfiguration } from './dynamic/configuration';
import type { WebhookDialer } from './dynamic/webhook-call';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What admission decides about (`admission.Attributes`). */
export interface AdmissionRequest {
  readonly operation: Operation;
  readonly context: RequestContext;
  readonly definition: ResourceDefinition;
  readonly namespace: string;
  /** Empty while a name is still to be generated. */
  readonly name: string;
  readonly subresource: string;
  /** Mutable in `mutate`. */
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  readonly deleteOptions?: DeleteOptions | undefined;
  /** Where policies and webhooks see another kind than the one that is stored. */
  readonly shownAs?: ShownAs | undefined;
  readonly rounds: Rounds;
}

/** What a request about a part of an object is to those outside: a Scale, a Binding. */
export interface ShownAs {
  readonly operation: Operation;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  show(object: KubeObject): KubeObject;
}

/** The mutating plugins run a second time when a policy or a webhook changed the object (`admission/reinvocation.go`). */
export interface Rounds {
  isSecond: boolean;
  wantsSecond: boolean;
  /** What each plugin that may be called again remembers of the first run. */
  plugins?: Map<string, unknown>;
}

/** What plugins may look at: the API server's own caches. */
export interface Lookup {
  find(kind: string, namespace: string, name: string): KubeObject | undefined;
  /** Of one namespace, or of all. */
  list(kind: string, namespace?: string): KubeObject[];
  /** Writes an object's status as the API server itself. */
  updateStatus(object: KubeObject): void;
  readonly kernel: Kernel;
  /** The policies and webhooks of the cluster. */
  readonly configuration: AdmissionConfiguration;
  /** What authorization says to a question that comes up while a request is admitted. */
  decide(user: User, asked: Attributes): Verdict;
  findDefinition(apiVersion: string, kind: string): ResourceDefinition | undefined;
  /** As `list`, of any version and of custom resources. */
  listOf(definition: ResourceDefinition, namespace?: string): KubeObject[];
  /** Absent, no webhook can be reached. */
  readonly webhooks: WebhookDialer | undefined;
  /** A new uid for an AdmissionReview. */
  reviewUid(): string;
}

/** Throws a `StatusError` to refuse (`admission.MutationInterface`, `ValidationInterface`). */
export interface AdmissionPlugin {
  readonly name: string;
  /** The built-in kinds it is asked about. Absent, it is asked about all, and about custom resources. */
  readonly kinds?: readonly string[];
  /** It is asked about connections too: exec, attach, port-forward, proxy. */
  readonly seesConnections?: boolean;
  mutate?(request: AdmissionRequest, lookup: Lookup): void;
  validate?(request: AdmissionRequest, lookup: Lookup): void;
}

export function defineAdmissionPlugin(plugin: AdmissionPlugin): AdmissionPlugin {
  return plugin;
}
