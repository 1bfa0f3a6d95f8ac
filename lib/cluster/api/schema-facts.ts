import { definitions } from '@/generated/kubernetes/schema';

/**
 * What no package carries about the fields of Kubernetes' types: how lists and maps merge. In OpenAPI these are the
 * `x-kubernetes-*` extensions, in Go the `+listType` markers and `patchStrategy` tags of `k8s.io/api`.
 */
export interface FieldFacts {
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  /** The one key a strategic merge patch matches items by; server-side apply uses all `listMapKeys`. */
  readonly patchMergeKey?: string;
  readonly patchStrategies?: readonly ('merge' | 'retainKeys' | 'replace')[];
  readonly mapType?: 'atomic' | 'granular';
}

/** The facts of one field, as in `fieldFacts('io.k8s.api.core.v1.PodSpec', 'containers')`. A list nothing is said about is atomic. */
export function fieldFacts(definitionId: string, field: string): FieldFacts | undefined {
  return facts.get(`${definitionId}.${field}`) ?? (isPlainList(definitionId, field) ? atomicList : undefined);
}

/** Whether server-side apply treats values of this definition as one leaf (`+structType=atomic`). */
export function isAtomicDefinition(definitionId: string): boolean {
  return atomicIds.has(definitionId);
}

/** `core.v1.Pod` as OpenAPI names it: `io.k8s.api.core.v1.Pod`. */
export function definitionIdOf(short: string): string {
  return (longPrefixes[short.slice(0, short.indexOf('.'))] ?? 'io.k8s.api.') + short;
}

const longPrefixes: Readonly<Record<string, string>> = {
  meta: 'io.k8s.apimachinery.pkg.apis.',
  apiextensions: 'io.k8s.apiextensions-apiserver.pkg.apis.',
  apiregistration: 'io.k8s.kube-aggregator.pkg.apis.',
};

const atomicList: FieldFacts = { listType: 'atomic' };

function isPlainList(definitionId: string, field: string): boolean {
  const isUnmarked = (field === 'items' && definitionId.endsWith('List')) || (field === 'verbs' && definitionId.endsWith('.APIResource'));
  return !isUnmarked && definitions[definitionId]?.properties?.[field]?.type === 'array';
}

/** Lists whose items are told apart by keys and merged; the first key is the strategic merge key. */
const keyedLists: Readonly<Record<string, string>> = {
  'admissionregistration.v1.MutatingAdmissionPolicySpec': 'matchConditions(name)',
  'admissionregistration.v1.MutatingWebhook': 'matchConditions(name)',
  'admissionregistration.v1.MutatingWebhookConfiguration': 'webhooks(name)',
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': 'matchConditions(name) variables(name)',
  'admissionregistration.v1.ValidatingWebhook': 'matchConditions(name)',
  'admissionregistration.v1.ValidatingWebhookConfiguration': 'webhooks(name)',
  'apiextensions.v1.JSONSchemaProps': 'x-kubernetes-validations(rule)',
  'apiregistration.v1.APIServiceStatus': 'conditions(type)',
  'apps.v1.DaemonSetStatus': 'conditions(type)',
  'apps.v1.DeploymentStatus': 'conditions(type)',
  'apps.v1.ReplicaSetStatus': 'conditions(type)',
  'apps.v1.StatefulSetStatus': 'conditions(type)',
  'autoscaling.v2.HorizontalPodAutoscalerStatus': 'conditions(type)',
  'core.v1.ComponentStatus': 'conditions(type)',
  'core.v1.Container': 'env(name) ports(containerPort,protocol) volumeDevices(devicePath) volumeMounts(mountPath)',
  'core.v1.ContainerStatus': 'allocatedResourcesStatus(name) volumeMounts(mountPath)',
  'core.v1.EphemeralContainer': 'env(name) ports(containerPort,protocol) volumeDevices(devicePath) volumeMounts(mountPath)',
  'core.v1.NamespaceStatus': 'conditions(type)',
  'core.v1.NodeStatus': 'addresses(type) conditions(type)',
  'core.v1.PersistentVolumeClaimStatus': 'conditions(type)',
  'core.v1.PodSpec':
    'containers(name) ephemeralContainers(name) hostAliases(ip) imagePullSecrets(name) initContainers(name) schedulingGates(name) topologySpreadConstraints(topologyKey,whenUnsatisfiable)',
  'core.v1.PodStatus': 'conditions(type) podIPs(ip)',
  'core.v1.ReplicationControllerStatus': 'conditions(type)',
  'core.v1.ServiceAccount': 'secrets(name)',
  'core.v1.ServiceSpec': 'ports(port,protocol)',
  'core.v1.ServiceStatus': 'conditions(type)',
  'flowcontrol.v1.FlowSchemaStatus': 'conditions(type)',
  'flowcontrol.v1.PriorityLevelConfigurationStatus': 'conditions(type)',
  'meta.v1.ObjectMeta': 'ownerReferences(uid)',
  'networking.v1.ServiceCIDRStatus': 'conditions(type)',
  'policy.v1.PodDisruptionBudgetStatus': 'conditions(type)',
  'resource.v1.ResourceClaimStatus': 'reservedFor(uid)',
  'storage.v1.CSINodeSpec': 'drivers(name)',
};

/** Lists of scalars without order, applied item by item. */
const setLists: Readonly<Record<string, string>> = {
  'admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec': 'validationActions',
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': 'values',
  'batch.v1.UncountedTerminatedPods': 'failed succeeded',
  'core.v1.ContainerRestartRuleOnExitCodes': 'values',
  'core.v1.NodeAllocatableResourceClaimStatus': 'containers',
  'discovery.v1.Endpoint': 'addresses',
  'flowcontrol.v1.NonResourcePolicyRule': 'nonResourceURLs verbs',
  'flowcontrol.v1.ResourcePolicyRule': 'apiGroups namespaces resources verbs',
  'storage.v1.CSIDriverSpec': 'volumeLifecycleModes',
};

/** Fields that fit neither table. */
const oddFields: Readonly<Record<string, FieldFacts>> = {
  'admissionregistration.v1.ValidatingAdmissionPolicyStatus.conditions': { listType: 'map', listMapKeys: ['type'] },
  'apiextensions.v1.CustomResourceDefinitionStatus.conditions': { listType: 'map', listMapKeys: ['type'] },
  'apiregistration.v1.APIServiceSpec.caBundle': { listType: 'atomic' },
  'apps.v1.DeploymentSpec.strategy': { patchStrategies: ['retainKeys'] },
  'batch.v1.JobStatus.conditions': { listType: 'atomic', patchMergeKey: 'type', patchStrategies: ['merge'] },
  'certificates.v1.CertificateSigningRequestStatus.conditions': { listType: 'map', listMapKeys: ['type'] },
  'core.v1.NodeSpec.podCIDRs': { listType: 'set', patchStrategies: ['merge'] },
  'core.v1.PersistentVolumeClaimStatus.allocatedResourceStatuses': { mapType: 'granular' },
  'core.v1.PersistentVolumeSpec.claimRef': { mapType: 'granular' },
  'core.v1.PodSpec.nodeSelector': { mapType: 'atomic' },
  'core.v1.PodSpec.resourceClaims': {
    listType: 'map',
    listMapKeys: ['name'],
    patchMergeKey: 'name',
    patchStrategies: ['merge', 'retainKeys'],
  },
  'core.v1.PodSpec.volumes': { listType: 'map', listMapKeys: ['name'], patchMergeKey: 'name', patchStrategies: ['merge', 'retainKeys'] },
  'core.v1.PodStatus.hostIPs': { listType: 'atomic', patchMergeKey: 'ip', patchStrategies: ['merge'] },
  'core.v1.PodStatus.resourceClaimStatuses': {
    listType: 'map',
    listMapKeys: ['name'],
    patchMergeKey: 'name',
    patchStrategies: ['merge', 'retainKeys'],
  },
  'core.v1.ReplicationControllerSpec.selector': { mapType: 'atomic' },
  'core.v1.ResourceRequirements.claims': { listType: 'map', listMapKeys: ['name'] },
  'core.v1.ResourceStatus.resources': { listType: 'map', listMapKeys: ['resourceID'] },
  'core.v1.ServiceSpec.selector': { mapType: 'atomic' },
  'meta.v1.ObjectMeta.finalizers': { listType: 'set', patchStrategies: ['merge'] },
  'node.v1.Scheduling.nodeSelector': { mapType: 'atomic' },
  'policy.v1.PodDisruptionBudgetSpec.selector': { patchStrategies: ['replace'] },
  'resource.v1.AllocatedDeviceStatus.conditions': { listType: 'map', listMapKeys: ['type'] },
  'resource.v1.ResourceClaimStatus.devices': { listType: 'map', listMapKeys: ['driver', 'device', 'pool', 'shareID'] },
};

const atomicDefinitions: readonly string[] = [
  'admissionregistration.v1.MatchResources',
  'admissionregistration.v1.NamedRuleWithOperations',
  'admissionregistration.v1.ParamKind',
  'admissionregistration.v1.ParamRef',
  'admissionregistration.v1.Variable',
  'autoscaling.v1.CrossVersionObjectReference',
  'core.v1.ConfigMapKeySelector',
  'core.v1.EndpointAddress',
  'core.v1.EndpointPort',
  'core.v1.FileKeySelector',
  'core.v1.LocalObjectReference',
  'core.v1.NodeSelector',
  'core.v1.NodeSelectorTerm',
  'core.v1.ObjectFieldSelector',
  'core.v1.ObjectReference',
  'core.v1.ResourceFieldSelector',
  'core.v1.ScopeSelector',
  'core.v1.SecretKeySelector',
  'core.v1.SecretReference',
  'core.v1.TopologySelectorTerm',
  'core.v1.TypedLocalObjectReference',
  'discovery.v1.EndpointPort',
  'meta.v1.LabelSelector',
  'meta.v1.OwnerReference',
  'networking.v1.ServiceBackendPort',
  'rbac.v1.RoleRef',
  'rbac.v1.Subject',
];

const facts = readTables();
const atomicIds = new Set(atomicDefinitions.map(definitionIdOf));

function readTables(): ReadonlyMap<string, FieldFacts> {
  const found = new Map<string, FieldFacts>();
  for (const [short, fields] of Object.entries(keyedLists)) {
    for (const [, field, keys] of fields.matchAll(/(\S+)\((\S+)\)/g))
      found.set(`${definitionIdOf(short)}.${field}`, keyedList((keys as string).split(',')));
  }
  for (const [short, fields] of Object.entries(setLists)) {
    for (const field of fields.split(' ')) found.set(`${definitionIdOf(short)}.${field}`, { listType: 'set' });
  }
  for (const [short, odd] of Object.entries(oddFields)) found.set(definitionIdOf(short), odd);
  return found;
}

function keyedList(keys: readonly string[]): FieldFacts {
  return { listType: 'map', listMapKeys: keys, patchMergeKey: keys[0] as string, patchStrategies: ['merge'] };
}
