import { compareBytes } from '@/lib/base';
import { StatusError, type KubeObject } from '../api';
import type { User } from './authentication';
import type { Attributes } from './authorization';
import { matchesUrl } from './rbac/rules';

interface Flow {
  readonly schema: KubeObject;
  readonly headers: Headers;
}

/** The objects that decide, and a mark that changes whenever one of them does. */
export interface FlowSource {
  readonly mark: number;
  list(kind: 'FlowSchema'): readonly KubeObject[];
  find(kind: 'PriorityLevelConfiguration', namespace: string, name: string): KubeObject | undefined;
}

type Headers = Readonly<Record<string, string>>;

/**
 * Which FlowSchema a request falls under and so which priority level, as an answer's headers say
 * (`apiserver/pkg/util/flowcontrol`, `filters/priority-and-fairness.go`). Nothing ever queues: a request takes no simulated time.
 */
export class PriorityAndFairness {
  readonly #source: FlowSource;
  #mark = -1;
  #flows: readonly Flow[] = [];
  /** What was found for whom: the same few ask the same again and again. */
  #known = new WeakMap<User, WeakMap<Attributes, Headers>>();

  constructor(source: FlowSource) {
    this.#source = source;
  }

  headersOf(user: User, asked: Attributes): Headers {
    this.#refresh();
    const ofUser = this.#known.get(user) ?? new WeakMap<Attributes, Headers>();
    const known = ofUser.get(asked);
    if (known) return known;
    const headers = this.#flows.find(({ schema }) => falls(schema, user, asked))?.headers ?? none;
    this.#known.set(user, ofUser.set(asked, headers));
    return headers;
  }

  /** While etcd is away a server that has just started knows no FlowSchemas; it answers all the same. */
  #refresh(): void {
    try {
      if (this.#source.mark !== this.#mark) this.#sort();
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
    }
  }

  /** By precedence and then by name. */
  #sort(): void {
    const { mark } = this.#source;
    this.#flows = this.#source
      .list('FlowSchema')
      .toSorted((a, b) => a.spec.matchingPrecedence - b.spec.matchingPrecedence || compareBytes(a.metadata.name, b.metadata.name))
      .map((schema) => ({ schema, headers: this.#headers(schema) }));
    this.#known = new WeakMap();
    this.#mark = mark;
  }

  #headers({ metadata, spec }: KubeObject): Headers {
    const level = this.#source.find('PriorityLevelConfiguration', '', spec.priorityLevelConfiguration.name);
    return {
      'x-kubernetes-pf-flowschema-uid': metadata.uid ?? '',
      ...(level ? { 'x-kubernetes-pf-prioritylevel-uid': level.metadata.uid ?? '' } : {}),
    };
  }
}

const none: Headers = {};

function falls({ spec }: KubeObject, user: User, asked: Attributes): boolean {
  return (spec.rules ?? []).some((rule: any) => rule.subjects.some((subject: any) => isSubject(subject, user)) && isAsked(rule, asked));
}

function isSubject({ kind, user, group, serviceAccount }: any, { name, groups }: User): boolean {
  switch (kind) {
    case 'User':
      return user.name === '*' || user.name === name;
    case 'Group':
      return group.name === '*' || groups.includes(group.name);
    default: {
      const prefix = `system:serviceaccount:${serviceAccount?.namespace}:`;
      return serviceAccount?.name === '*' ? name.startsWith(prefix) : name === `${prefix}${serviceAccount?.name}`;
    }
  }
}

function isAsked({ resourceRules = [], nonResourceRules = [] }: any, asked: Attributes): boolean {
  const includes = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);
  if (!asked.isResource)
    return nonResourceRules.some(
      (rule: any) => includes(rule.verbs, asked.verb) && rule.nonResourceURLs.some((url: string) => matchesUrl(url, asked.path)),
    );
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
  return resourceRules.some(
    (rule: any) =>
      includes(rule.verbs, asked.verb) &&
      includes(rule.apiGroups, asked.group) &&
      includes(rule.resources, resource) &&
      (asked.namespace ? includes(rule.namespaces ?? [], asked.namespace) : rule.clusterScope === true),
  );
}
