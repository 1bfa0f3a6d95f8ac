import { compareBytes } from '@/lib/base';
import type { KubeObject } from '../api';
import type { Lookup } from './admission/plugin';
import type { User } from './authentication';
import type { Attributes } from './authorization';
import { matchesUrl } from './rbac/rules';

interface Flow {
  readonly schema: KubeObject;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Which FlowSchema a request falls under and so which priority level, as an answer's headers say
 * (`apiserver/pkg/util/flowcontrol`, `filters/priority-and-fairness.go`). Nothing ever queues: a request takes no simulated time.
 */
export class PriorityAndFairness {
  readonly #lookup: Lookup;
  #schemas: readonly KubeObject[] = [];
  #flows: readonly Flow[] = [];

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  headersOf(user: User, asked: Attributes): Readonly<Record<string, string>> {
    return this.#sorted().find(({ schema }) => falls(schema, user, asked))?.headers ?? none;
  }

  /** By precedence and then by name, made anew when a FlowSchema has changed. */
  #sorted(): readonly Flow[] {
    const schemas = this.#lookup.list('FlowSchema');
    if (schemas.length === this.#schemas.length && schemas.every((schema, index) => schema === this.#schemas[index])) return this.#flows;
    this.#schemas = schemas;
    this.#flows = schemas
      .toSorted((a, b) => a.spec.matchingPrecedence - b.spec.matchingPrecedence || compareBytes(a.metadata.name, b.metadata.name))
      .map((schema) => ({ schema, headers: this.#headers(schema) }));
    return this.#flows;
  }

  #headers({ metadata, spec }: KubeObject): Readonly<Record<string, string>> {
    const level = this.#lookup.find('PriorityLevelConfiguration', '', spec.priorityLevelConfiguration.name);
    return {
      'x-kubernetes-pf-flowschema-uid': metadata.uid ?? '',
      ...(level ? { 'x-kubernetes-pf-prioritylevel-uid': level.metadata.uid ?? '' } : {}),
    };
  }
}

const none = {};

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
