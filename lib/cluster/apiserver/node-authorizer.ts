import { parseFieldSelector, type KubeObject } from '../api';
import type { Lookup } from './admission/plugin';
import type { User } from './authentication';
import type { Attributes, Authorizer, ResourceAttributes, Rules, Verdict } from './authorization';
import { nodeOf } from './node-identity';
import { claimNamesOf, configMapNamesOf, isMirrorPod, secretNamesOf } from './pod-references';
import { nodePolicy } from './rbac/bootstrap-policy';
import { ruleAllows } from './rbac/rules';

const allowed: Verdict = { decision: 'allow', reason: '' };
const noOpinion: Verdict = { decision: 'no-opinion', reason: '' };
const abstain = (reason: string): Verdict => ({ decision: 'no-opinion', reason });

/**
 * A kubelet reads what the Pods of its own node refer to, and nobody else's secrets (`plugin/pkg/auth/authorizer/node`).
 * Upstream keeps a graph; the Pods in question are few here, so they are looked through when a kubelet asks.
 */
export class NodeAuthorizer implements Authorizer {
  readonly #lookup: Lookup;
  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  authorize(user: User, asked: Attributes): Verdict {
    const node = nodeOf(user);
    if (node === undefined) return noOpinion;
    return (asked.isResource ? this.#related(node, asked) : undefined) ?? byRule(asked);
  }

  rulesFor(): Rules {
    return { rules: [], isIncomplete: true, error: 'node authorizer does not support user rule resolution' };
  }

  /** Undefined where it does not depend on the object. */
  #related(node: string, asked: ResourceAttributes): Verdict | undefined {
    switch (`${asked.group}/${asked.resource}`) {
      case '/secrets':
        return this.#readNamespaced(node, asked, (pod) => !isMirrorPod(pod) && secretNamesOf(pod).has(asked.name));
      case '/configmaps':
        return this.#readNamespaced(node, asked, (pod) => !isMirrorPod(pod) && configMapNamesOf(pod).has(asked.name));
      case '/persistentvolumeclaims':
        return asked.subresource === 'status'
          ? this.#updateStatus(node, asked, (pod) => claimNamesOf(pod).has(asked.name))
          : this.#get(node, asked, () => this.#hasPod(node, asked.namespace, (pod) => claimNamesOf(pod).has(asked.name)));
      case '/persistentvolumes':
        return this.#get(node, asked, () => this.#mountsVolume(node, asked.name));
      case 'storage.k8s.io/volumeattachments':
        return this.#get(node, asked, () => this.#lookup.find('VolumeAttachment', '', asked.name)?.spec?.nodeName === node);
      case 'resource.k8s.io/resourceclaims':
        return this.#get(node, asked, () => this.#hasPod(node, asked.namespace, (pod) => usesClaim(pod, asked.name)));
      case '/serviceaccounts':
        return this.#createToken(node, asked);
      case 'coordination.k8s.io/leases':
        return ownLease(node, asked);
      case 'storage.k8s.io/csinodes':
        return ownCsiNode(node, asked);
      case '/nodes':
        return ownNode(node, asked);
      case '/pods':
        return this.#ownPods(node, asked);
      default:
        return undefined;
    }
  }

  #hasPod(node: string, namespace: string, refers: (pod: KubeObject) => boolean): boolean {
    return this.#lookup.list('Pod', namespace).some((pod) => pod.spec.nodeName === node && refers(pod));
  }

  #mountsVolume(node: string, name: string): boolean {
    const claim = this.#lookup.find('PersistentVolume', '', name)?.spec?.claimRef;
    return claim !== undefined && this.#hasPod(node, claim.namespace, (pod) => claimNamesOf(pod).has(claim.name));
  }

  #path(node: string, asked: ResourceAttributes, isRelated: boolean): Verdict {
    if (!asked.name) return abstain('No Object name found');
    return isRelated ? allowed : unrelated(node);
  }

  #readNamespaced(node: string, asked: ResourceAttributes, refers: (pod: KubeObject) => boolean): Verdict {
    if (!['get', 'list', 'watch'].includes(asked.verb)) return abstain('can only read resources of this type');
    if (asked.subresource) return abstain('cannot read subresource');
    if (!asked.namespace) return abstain('can only read namespaced object of this type');
    return this.#path(node, asked, this.#hasPod(node, asked.namespace, refers));
  }

  #get(node: string, asked: ResourceAttributes, isRelated: () => boolean): Verdict {
    if (asked.verb !== 'get') return abstain('can only get individual resources of this type');
    if (asked.subresource) return abstain('cannot get subresource');
    return this.#path(node, asked, isRelated());
  }

  #updateStatus(node: string, asked: ResourceAttributes, refers: (pod: KubeObject) => boolean): Verdict {
    if (!['update', 'patch'].includes(asked.verb)) return abstain('can only get/update/patch this type');
    return this.#path(node, asked, this.#hasPod(node, asked.namespace, refers));
  }

  #createToken(node: string, asked: ResourceAttributes): Verdict {
    if (asked.verb !== 'create' || !asked.name) return abstain('can only create tokens for individual service accounts');
    if (asked.subresource !== 'token') return abstain('can only create token subresource of serviceaccount');
    const runs = this.#hasPod(node, asked.namespace, (pod) => !isMirrorPod(pod) && pod.spec.serviceAccountName === asked.name);
    return runs ? allowed : unrelated(node);
  }

  #ownPods(node: string, asked: ResourceAttributes): Verdict {
    const { verb, subresource } = asked;
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : noOpinion;
    if (subresource === 'eviction') return verb === 'create' ? allowed : noOpinion;
    if (subresource !== '') return noOpinion;
    switch (verb) {
      case 'get':
        return this.#get(node, asked, () => this.#isOwn(node, asked));
      case 'list':
      case 'watch':
        if (selectsNode(asked, node)) return allowed;
        return asked.name
          ? this.#path(node, asked, this.#isOwn(node, asked))
          : abstain('can only list/watch pods with spec.nodeName field selector');
      case 'create':
      case 'delete':
        return allowed;
      default:
        return noOpinion;
    }
  }

  #isOwn(node: string, { namespace, name }: ResourceAttributes): boolean {
    return this.#lookup.find('Pod', namespace, name)?.spec.nodeName === node;
  }
}

/** Decisions by rule alone are the same for every kubelet, and remembered with the request that asked. */
const verdicts = new WeakMap<object, Verdict>();

function byRule(asked: Attributes): Verdict {
  const known = verdicts.get(asked);
  if (known) return known;
  const verdict = nodePolicy.some((rule) => ruleAllows(asked, rule)) ? allowed : noOpinion;
  verdicts.set(asked, verdict);
  return verdict;
}

function unrelated(node: string): Verdict {
  return abstain(`no relationship found between node '${node}' and this object`);
}

function usesClaim({ metadata, spec, status }: KubeObject, name: string): boolean {
  const statuses = (status?.resourceClaimStatuses ?? []) as { name: string; resourceClaimName?: string }[];
  return ((spec.resourceClaims ?? []) as { name: string; resourceClaimName?: string }[]).some(
    (claim) =>
      claim.resourceClaimName === name ||
      statuses.some((one) => one.name === claim.name && one.resourceClaimName === name) ||
      `${metadata.name}-${claim.name}` === name,
  );
}

function selectsNode({ query }: ResourceAttributes, node: string): boolean {
  const text = query?.get('fieldSelector');
  if (!text) return false;
  try {
    return parseFieldSelector(text).some(({ field, operator, value }) => field === 'spec.nodeName' && operator === '=' && value === node);
  } catch {
    return false;
  }
}

function ownLease(node: string, { verb, namespace, name }: ResourceAttributes): Verdict {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return abstain('can only get, create, update, patch, or delete a node lease');
  if (namespace !== 'kube-node-lease') return abstain('can only access leases in the "kube-node-lease" system namespace');
  return verb === 'create' || name === node ? allowed : abstain('can only access node lease with the same name as the requesting node');
}

function ownCsiNode(node: string, { verb, name, subresource }: ResourceAttributes): Verdict {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return abstain('can only get, create, update, patch, or delete a CSINode');
  if (subresource) return abstain('cannot authorize CSINode subresources');
  return verb === 'create' || name === node ? allowed : abstain('can only access CSINode with the same name as the requesting node');
}

function ownNode(node: string, { verb, name, subresource }: ResourceAttributes): Verdict {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : noOpinion;
  if (subresource !== '') return noOpinion;
  switch (verb) {
    case 'create':
    case 'update':
    case 'patch':
      return allowed;
    case 'get':
    case 'list':
    case 'watch':
      return name === node ? allowed : abstain(`node '${node}' cannot read '${name}', only its own Node object`);
    default:
      return noOpinion;
  }
}
