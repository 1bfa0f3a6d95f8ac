import { deepEqual } from '@/lib/base';
import { statusErrors, type KubeObject } from '../../api';
import { nodeOf } from '../node-identity';
import { claimNamesOf, configMapNamesOf, isMirrorPod, mirrorAnnotation, secretNamesOf } from '../pod-references';
import { forbid } from './forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from './plugin';

/** A kubelet writes its own Node, the Pods bound to it and little else (`plugin/pkg/admission/noderestriction`). */
export const NodeRestriction = defineAdmissionPlugin({
  name: 'NodeRestriction',
  mutate(request, lookup) {
    const { context, definition, subresource } = request;
    const node = nodeOf(context.user);
    if (node === undefined) return;
    switch (`${definition.group}/${definition.kind}/${subresource}`) {
      case '/Pod/':
        return request.operation === 'CREATE' ? createPod(request, node) : deletePod(request, node, lookup);
      case '/Pod/status':
        return updatePodStatus(request, node);
      case '/Pod/eviction':
        return onlyOwnPod(request, node, lookup, 'evict');
      case '/Node/':
      case '/Node/status':
        return admitNode(request, node);
      case '/ServiceAccount/token':
        return admitToken(request, lookup, node);
      case 'coordination.k8s.io/Lease/':
        return admitLease(request, node);
      case 'storage.k8s.io/CSINode/':
        return admitCsiNode(request, node);
      default:
        return;
    }
  },
});

function createPod(request: AdmissionRequest, node: string): void {
  const pod = request.object as KubeObject;
  const refuse = (why: string) => forbid(request, why);
  if (!isMirrorPod(pod))
    throw refuse(
      `pod does not have ${JSON.stringify(mirrorAnnotation)} annotation, node ${JSON.stringify(node)} can only create mirror pods`,
    );
  if (pod.spec.nodeName !== node) throw refuse(`node ${JSON.stringify(node)} can only create pods with spec.nodeName set to itself`);
  const owners = pod.metadata.ownerReferences ?? [];
  if (owners.length > 1) throw refuse(`node ${JSON.stringify(node)} can only create pods with a single owner reference set to itself`);
  for (const { apiVersion, kind, name, controller, blockOwnerDeletion } of owners) {
    if (apiVersion !== 'v1' || kind !== 'Node' || name !== node)
      throw refuse(`node ${JSON.stringify(node)} can only create pods with an owner reference set to itself`);
    if (!controller) throw refuse(`node ${JSON.stringify(node)} can only create pods with a controller owner reference set to itself`);
    if (blockOwnerDeletion) throw refuse(`node ${JSON.stringify(node)} must not set blockOwnerDeletion on an owner reference`);
  }
  if (pod.spec.serviceAccountName) throw refuse(`node ${JSON.stringify(node)} can not create pods that reference a service account`);
  if (secretNamesOf(pod).size > 0) throw refuse(`node ${JSON.stringify(node)} can not create pods that reference secrets`);
  if (configMapNamesOf(pod).size > 0) throw refuse(`node ${JSON.stringify(node)} can not create pods that reference configmaps`);
  if (claimNamesOf(pod).size > 0) throw refuse(`node ${JSON.stringify(node)} can not create pods that reference persistentvolumeclaims`);
}

function deletePod(request: AdmissionRequest, node: string, lookup: Lookup): void {
  if (request.operation !== 'DELETE') throw forbid(request, `unexpected operation ${JSON.stringify(request.operation)}`);
  onlyOwnPod(request, node, lookup, 'delete');
}

function onlyOwnPod(request: AdmissionRequest, node: string, lookup: Lookup, verb: string): void {
  const pod = request.old ?? lookup.find('Pod', request.namespace, request.name);
  if (pod && pod.spec.nodeName !== node)
    throw forbid(request, `node ${JSON.stringify(node)} can only ${verb} pods with spec.nodeName set to itself`);
}

function updatePodStatus(request: AdmissionRequest, node: string): void {
  const { old, object } = request;
  if (!old || !object) return;
  if (old.spec.nodeName !== node)
    throw forbid(request, `node ${JSON.stringify(node)} can only update pod status for pods with spec.nodeName set to itself`);
  if (!deepEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {}))
    throw forbid(request, `node ${JSON.stringify(node)} cannot update labels through pod status`);
}

function admitNode(request: AdmissionRequest, node: string): void {
  const { operation, object, old, name } = request;
  const asked = name || object?.metadata.name || '';
  if (operation === 'CREATE') {
    const forbidden = forbiddenLabels(object?.metadata.labels ?? {}, {});
    if (forbidden.length > 0)
      throw forbid(request, `node ${JSON.stringify(node)} is not allowed to set the following labels: ${forbidden.join(', ')}`);
  }
  if (asked !== node) throw forbid(request, `node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(asked)}`);
  if (operation !== 'UPDATE' || !object || !old) return;
  if (!deepEqual(object.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []))
    throw forbid(request, `node ${JSON.stringify(node)} is not allowed to modify ownerReferences`);
  if (!deepEqual(object.spec?.taints ?? [], old.spec?.taints ?? []))
    throw forbid(request, `node ${JSON.stringify(node)} is not allowed to modify taints`);
  const changed = forbiddenLabels(object.metadata.labels ?? {}, old.metadata.labels ?? {});
  if (changed.length > 0) throw forbid(request, `node ${JSON.stringify(node)} is not allowed to modify labels: ${changed.join(', ')}`);
}

const ownPrefixes = ['kubelet.kubernetes.io/', 'node.kubernetes.io/'];
const ownLabels = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);

type Labels = Readonly<Record<string, string>>;

/** Labels of Kubernetes' own names that are not a kubelet's to give; those of `node-restriction.kubernetes.io` never are. */
function forbiddenLabels(labels: Labels, before: Labels): string[] {
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(before)])].filter((label) => labels[label] !== before[label]);
  return changed.filter((label) => isKubernetes(label) && !isOwn(label)).sort();
}

function isKubernetes(label: string): boolean {
  const domain = label.includes('/') ? (label.split('/')[0] as string) : '';
  return ['kubernetes.io', 'k8s.io'].some((suffix) => domain === suffix || domain.endsWith(`.${suffix}`));
}

function isOwn(label: string): boolean {
  const domain = `${label.split('/')[0]}/`;
  return ownLabels.has(label) || ownPrefixes.some((prefix) => domain === prefix || domain.endsWith(`.${prefix}`));
}

function admitLease(request: AdmissionRequest, node: string): void {
  const { namespace, name, object, operation } = request;
  if (namespace !== 'kube-node-lease') throw forbid(request, `can only access leases in the "kube-node-lease" system namespace`);
  const asked = operation === 'CREATE' ? object?.metadata.name : name;
  if (asked !== node) throw forbid(request, 'can only access node lease with the same name as the requesting node');
}

function admitCsiNode(request: AdmissionRequest, node: string): void {
  const { name, object, operation } = request;
  const asked = operation === 'CREATE' ? object?.metadata.name : name;
  if (asked !== node) throw forbid(request, 'can only access CSINode with the same name as the requesting node');
}

/** A kubelet's token is bound to a Pod of its own (`admitServiceAccount`). */
function admitToken(request: AdmissionRequest, lookup: Lookup, node: string): void {
  const bound = request.object?.spec?.boundObjectRef;
  if (!bound || bound.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name)
    throw forbid(request, 'node requested token not bound to a pod');
  if (!bound.uid) throw forbid(request, 'node requested token with a pod binding without a uid');
  const pod = lookup.find('Pod', request.namespace, bound.name);
  if (!pod) throw statusErrors.notFound({ group: '', resource: 'pods' }, bound.name);
  if (pod.metadata.uid !== bound.uid)
    throw forbid(
      request,
      `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec.nodeName !== node) throw forbid(request, 'node requested token bound to a pod scheduled on a different node');
}
