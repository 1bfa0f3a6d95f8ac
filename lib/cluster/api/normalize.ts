import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';
import { canonicalQuantity } from './quantity';
import { definitionIdOf } from './schema-facts';

const quantityId = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/**
 * Rewrites plain data as Go's JSON encoder would write it back after decoding it into the type `definitionId`:
 * empty values a Go struct cannot tell from absent ones go (`nodeName: ""`, `command: []`, anything null), and fields
 * without `omitempty` appear (`resources: {}`, `status: {}`, `restartCount: 0`). Quantities become canonical (`0.5` is `500m`).
 * Fields the schema does not know stay. Changes `value` in place. Throws `QuantityError` for what is no quantity.
 */
export function normalizeFields(definitionId: string, value: Record<string, unknown>): void {
  const shape = shapeOf(definitionId);
  if (!shape) return;
  for (const name in value) {
    const field = shape.fields.get(name);
    if (!field) continue;
    const item = normalizeValue(field.schema, value[name]);
    if (item === undefined || (field.dropsZero && isZero(field.schema, item))) delete value[name];
    else value[name] = item;
  }
  for (const { name, zero } of shape.always) if (isAbsent(value[name])) value[name] = zero();
}

/** Storage does not tell an empty list from none, so both come back as null. */
function isAbsent(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function normalizeValue(schema: FieldSchema, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.$ref) return normalizeReference(schema.$ref, value);
  if (schema.items && Array.isArray(value)) return value.map((item) => normalizeItem(schema.items as FieldSchema, item));
  if (schema.additionalProperties && isObject(value)) {
    for (const key of Object.keys(value)) value[key] = normalizeItem(schema.additionalProperties, value[key]);
  }
  return value;
}

function normalizeReference(id: string, value: unknown): unknown {
  if (id === quantityId && (typeof value === 'string' || typeof value === 'number')) return canonicalQuantity(value);
  if (isObject(value) && definitions[id]?.properties) normalizeFields(id, value);
  return value;
}

/** Items of lists and values of maps are never dropped: null becomes the item type's zero. */
function normalizeItem(schema: FieldSchema, item: unknown): unknown {
  const normalized = normalizeValue(schema, item);
  if (normalized !== undefined) return normalized;
  return zeroItem(schema);
}

/** What `null` in a list or map stands for. */
export function zeroItem(schema: FieldSchema): unknown {
  const zero = zeroOf(schema);
  return isObject(zero) ? normalizeValue(schema, zero) : zero;
}

export interface Shape {
  readonly fields: ReadonlyMap<string, { readonly schema: FieldSchema; readonly dropsZero: boolean }>;
  readonly always: readonly { readonly name: string; readonly zero: () => unknown }[];
}

const shapes = new Map<string, Shape | undefined>();

/** What Go's struct tags say of a definition's fields; undefined for what is no struct. */
export function shapeOf(id: string): Shape | undefined {
  if (!shapes.has(id)) shapes.set(id, readShape(id));
  return shapes.get(id);
}

function readShape(id: string): Shape | undefined {
  const properties = definitions[id]?.properties;
  if (!properties) return undefined;
  const always = fieldsOf(alwaysWritten, id);
  const pointers = fieldsOf(pointerFields, id);
  return {
    fields: new Map(Object.entries(properties).map(([name, schema]) => [name, { schema, dropsZero: !always.includes(name) && !pointers.includes(name) }])),
    always: always.flatMap((name) => (properties[name] ? [{ name, zero: () => alwaysZero(properties[name] as FieldSchema) }] : [])),
  };
}

function fieldsOf(table: Readonly<Record<string, string>>, id: string): readonly string[] {
  return table[shortIdOf(id)]?.split(' ') ?? [];
}

/** `io.k8s.api.core.v1.Pod` → `core.v1.Pod`, undoing `definitionIdOf`. */
function shortIdOf(id: string): string {
  const short = id.split('.').slice(-3).join('.');
  return definitionIdOf(short) === id ? short : id;
}

function alwaysZero(schema: FieldSchema): unknown {
  const zero = zeroOf(schema);
  if (isObject(zero) && schema.$ref) normalizeFields(schema.$ref, zero);
  return zero;
}

/** The JSON of Go's zero value. A nil slice or map is `null`, and so is a zero Time. */
function zeroOf(schema: FieldSchema): unknown {
  const { type, format } = schema.$ref ? (definitions[schema.$ref] ?? {}) : schema;
  if (type === 'array' || format === 'date-time' || schema.additionalProperties) return null;
  if (format === 'int-or-string' || type === 'integer' || type === 'number') return 0;
  if (type === 'boolean') return false;
  if (type === 'object') return {};
  return schema.$ref === quantityId ? '0' : '';
}

/** A struct pointer that is there stays there, so `emptyDir: {}` survives; empty lists, maps and scalars do not. */
function isZero(schema: FieldSchema, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return schema.additionalProperties !== undefined && Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Scalars behind a pointer: present with their zero value is not the same as absent. */
const pointerFields: Readonly<Record<string, string>> = {
  'admissionregistration.v1.MatchResources': 'matchPolicy',
  'admissionregistration.v1.MutatingAdmissionPolicySpec': 'failurePolicy',
  'admissionregistration.v1.MutatingWebhook': 'failurePolicy matchPolicy timeoutSeconds reinvocationPolicy',
  'admissionregistration.v1.NamedRuleWithOperations': 'scope',
  'admissionregistration.v1.ParamRef': 'parameterNotFoundAction',
  'admissionregistration.v1.RuleWithOperations': 'scope',
  'admissionregistration.v1.ServiceReference': 'path port',
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': 'failurePolicy',
  'admissionregistration.v1.ValidatingWebhook': 'failurePolicy matchPolicy timeoutSeconds',
  'admissionregistration.v1.Validation': 'reason',
  'admissionregistration.v1.WebhookClientConfig': 'url',
  'apps.v1.DaemonSetSpec': 'revisionHistoryLimit',
  'apps.v1.DaemonSetStatus': 'collisionCount',
  'apps.v1.DeploymentSpec': 'replicas revisionHistoryLimit progressDeadlineSeconds',
  'apps.v1.DeploymentStatus': 'terminatingReplicas collisionCount',
  'apps.v1.ReplicaSetSpec': 'replicas',
  'apps.v1.ReplicaSetStatus': 'terminatingReplicas',
  'apps.v1.RollingUpdateDaemonSet': 'maxUnavailable maxSurge',
  'apps.v1.RollingUpdateDeployment': 'maxUnavailable maxSurge',
  'apps.v1.RollingUpdateStatefulSetStrategy': 'partition maxUnavailable',
  'apps.v1.StatefulSetSpec': 'replicas revisionHistoryLimit',
  'apps.v1.StatefulSetStatus': 'collisionCount',
  'autoscaling.v1.HorizontalPodAutoscalerSpec': 'minReplicas targetCPUUtilizationPercentage',
  'autoscaling.v1.HorizontalPodAutoscalerStatus': 'observedGeneration lastScaleTime currentCPUUtilizationPercentage',
  'autoscaling.v2.HPAScalingRules': 'stabilizationWindowSeconds selectPolicy tolerance',
  'autoscaling.v2.HorizontalPodAutoscalerSpec': 'minReplicas',
  'autoscaling.v2.HorizontalPodAutoscalerStatus': 'observedGeneration lastScaleTime',
  'autoscaling.v2.MetricTarget': 'value averageValue averageUtilization',
  'autoscaling.v2.MetricValueStatus': 'value averageValue averageUtilization',
  'batch.v1.CronJobSpec': 'timeZone startingDeadlineSeconds suspend successfulJobsHistoryLimit failedJobsHistoryLimit',
  'batch.v1.CronJobStatus': 'lastScheduleTime lastSuccessfulTime',
  'batch.v1.JobSpec': 'parallelism completions activeDeadlineSeconds backoffLimit backoffLimitPerIndex maxFailedIndexes manualSelector ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy',
  'batch.v1.JobStatus': 'startTime completionTime terminating failedIndexes ready',
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': 'containerName',
  'batch.v1.SuccessPolicyRule': 'succeededIndexes succeededCount',
  'certificates.v1.CertificateSigningRequestSpec': 'expirationSeconds',
  'coordination.v1.LeaseSpec': 'holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions strategy preferredHolder',
  'core.v1.AppArmorProfile': 'localhostProfile',
  'core.v1.AzureDiskVolumeSource': 'cachingMode fsType readOnly kind',
  'core.v1.CSIVolumeSource': 'readOnly fsType',
  'core.v1.ClientIPConfig': 'timeoutSeconds',
  'core.v1.ClusterTrustBundleProjection': 'name signerName optional',
  'core.v1.ConfigMap': 'immutable',
  'core.v1.ConfigMapEnvSource': 'optional',
  'core.v1.ConfigMapKeySelector': 'optional',
  'core.v1.ConfigMapProjection': 'optional',
  'core.v1.ConfigMapVolumeSource': 'defaultMode optional',
  'core.v1.Container': 'restartPolicy',
  'core.v1.ContainerStatus': 'started stopSignal',
  'core.v1.DownwardAPIVolumeFile': 'mode',
  'core.v1.DownwardAPIVolumeSource': 'defaultMode',
  'core.v1.EmptyDirVolumeSource': 'sizeLimit',
  'core.v1.EndpointAddress': 'nodeName',
  'core.v1.EndpointPort': 'appProtocol',
  'core.v1.EphemeralContainer': 'restartPolicy',
  'core.v1.FCVolumeSource': 'lun',
  'core.v1.FileKeySelector': 'optional',
  'core.v1.GlusterfsPersistentVolumeSource': 'endpointsNamespace',
  'core.v1.HostPathVolumeSource': 'type',
  'core.v1.ISCSIPersistentVolumeSource': 'initiatorName',
  'core.v1.ISCSIVolumeSource': 'initiatorName',
  'core.v1.KeyToPath': 'mode',
  'core.v1.Lifecycle': 'stopSignal',
  'core.v1.LoadBalancerIngress': 'ipMode',
  'core.v1.LocalVolumeSource': 'fsType',
  'core.v1.NodeFeatures': 'supplementalGroupsPolicy',
  'core.v1.NodeRuntimeHandlerFeatures': 'recursiveReadOnlyMounts userNamespaces',
  'core.v1.NodeSwapStatus': 'capacity',
  'core.v1.PersistentVolumeClaimSpec': 'storageClassName volumeMode volumeAttributesClassName',
  'core.v1.PersistentVolumeClaimStatus': 'currentVolumeAttributesClassName',
  'core.v1.PersistentVolumeSpec': 'volumeMode volumeAttributesClassName',
  'core.v1.PersistentVolumeStatus': 'lastPhaseTransitionTime',
  'core.v1.PodCertificateProjection': 'maxExpirationSeconds',
  'core.v1.PodDNSConfigOption': 'value',
  'core.v1.PodResourceClaim': 'resourceClaimName resourceClaimTemplateName',
  'core.v1.PodResourceClaimStatus': 'resourceClaimName',
  'core.v1.PodSchedulingGroup': 'podGroupName',
  'core.v1.PodSecurityContext': 'runAsUser runAsGroup runAsNonRoot supplementalGroupsPolicy fsGroup fsGroupChangePolicy seLinuxChangePolicy',
  'core.v1.PodSpec': 'terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken shareProcessNamespace priority runtimeClassName enableServiceLinks preemptionPolicy setHostnameAsFQDN hostUsers hostnameOverride',
  'core.v1.PodStatus': 'startTime',
  'core.v1.PortStatus': 'error',
  'core.v1.Probe': 'terminationGracePeriodSeconds',
  'core.v1.ProjectedVolumeSource': 'defaultMode',
  'core.v1.ReplicationControllerSpec': 'replicas',
  'core.v1.ResourceHealth': 'message',
  'core.v1.SeccompProfile': 'localhostProfile',
  'core.v1.Secret': 'immutable',
  'core.v1.SecretEnvSource': 'optional',
  'core.v1.SecretKeySelector': 'optional',
  'core.v1.SecretProjection': 'optional',
  'core.v1.SecretVolumeSource': 'defaultMode optional',
  'core.v1.SecurityContext': 'privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount',
  'core.v1.ServiceAccount': 'automountServiceAccountToken',
  'core.v1.ServiceAccountTokenProjection': 'expirationSeconds',
  'core.v1.ServicePort': 'appProtocol',
  'core.v1.ServiceSpec': 'ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution',
  'core.v1.Taint': 'timeAdded',
  'core.v1.Toleration': 'tolerationSeconds',
  'core.v1.TopologySpreadConstraint': 'minDomains nodeAffinityPolicy nodeTaintsPolicy',
  'core.v1.TypedObjectReference': 'namespace',
  'core.v1.VolumeMount': 'recursiveReadOnly mountPropagation',
  'core.v1.VolumeMountStatus': 'recursiveReadOnly',
  'core.v1.WindowsSecurityContextOptions': 'gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess',
  'discovery.v1.Endpoint': 'hostname nodeName zone',
  'discovery.v1.EndpointConditions': 'ready serving terminating',
  'discovery.v1.EndpointPort': 'name protocol port appProtocol',
  'flowcontrol.v1.ExemptPriorityLevelConfiguration': 'nominalConcurrencyShares lendablePercent',
  'flowcontrol.v1.LimitedPriorityLevelConfiguration': 'lendablePercent borrowingLimitPercent',
  'meta.v1.DeleteOptions': 'gracePeriodSeconds orphanDependents propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential',
  'meta.v1.ListMeta': 'remainingItemCount',
  'meta.v1.ManagedFieldsEntry': 'time',
  'meta.v1.ObjectMeta': 'deletionTimestamp deletionGracePeriodSeconds',
  'meta.v1.OwnerReference': 'controller blockOwnerDeletion',
  'meta.v1.Preconditions': 'uid resourceVersion',
  'networking.v1.IngressClassParametersReference': 'apiGroup namespace',
  'networking.v1.IngressPortStatus': 'error',
  'networking.v1.IngressSpec': 'ingressClassName',
  'networking.v1.NetworkPolicyPort': 'protocol port endPort',
  'policy.v1.PodDisruptionBudgetSpec': 'minAvailable maxUnavailable unhealthyPodEvictionPolicy',
  'resource.v1.AllocatedDeviceStatus': 'shareID',
  'resource.v1.AllocationResult': 'allocationTimestamp',
  'resource.v1.CapacityRequestPolicyRange': 'min max step',
  'resource.v1.Device': 'nodeName allNodes bindsToNode allowMultipleAllocations',
  'resource.v1.DeviceAttribute': 'int bool string version',
  'resource.v1.DeviceClassSpec': 'extendedResourceName',
  'resource.v1.DeviceConstraint': 'matchAttribute distinctAttribute',
  'resource.v1.DeviceRequestAllocationResult': 'adminAccess shareID',
  'resource.v1.DeviceTaint': 'timeAdded',
  'resource.v1.DeviceToleration': 'tolerationSeconds',
  'resource.v1.ExactDeviceRequest': 'adminAccess',
  'resource.v1.NodeAllocatableResourceMapping': 'capacityKey allocationMultiplier',
  'resource.v1.ResourceSliceSpec': 'nodeName allNodes perDeviceNodeSelection',
  'scheduling.v1.PriorityClass': 'preemptionPolicy',
  'storage.v1.CSIDriverSpec': 'attachRequired podInfoOnMount storageCapacity fsGroupPolicy requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds serviceAccountTokenInSecrets preventPodSchedulingIfMissing',
  'storage.v1.CSIStorageCapacity': 'capacity maximumVolumeSize',
  'storage.v1.StorageClass': 'reclaimPolicy allowVolumeExpansion volumeBindingMode',
  'storage.v1.TokenRequest': 'expirationSeconds',
  'storage.v1.VolumeAttachmentSource': 'persistentVolumeName',
  'storage.v1.VolumeError': 'errorCode',
  'storage.v1.VolumeNodeResources': 'count',
};

/** Fields without `omitempty`, and structs, which `omitempty` does not omit. */
const alwaysWritten: Readonly<Record<string, string>> = {
  'admissionregistration.v1.AuditAnnotation': 'key valueExpression',
  'admissionregistration.v1.ExpressionWarning': 'fieldRef warning',
  'admissionregistration.v1.MatchCondition': 'name expression',
  'admissionregistration.v1.MutatingAdmissionPolicy': 'metadata spec',
  'admissionregistration.v1.MutatingAdmissionPolicyBinding': 'metadata spec',
  'admissionregistration.v1.MutatingWebhook': 'name clientConfig sideEffects admissionReviewVersions',
  'admissionregistration.v1.MutatingWebhookConfiguration': 'metadata',
  'admissionregistration.v1.Mutation': 'patchType',
  'admissionregistration.v1.ServiceReference': 'namespace name',
  'admissionregistration.v1.ValidatingAdmissionPolicy': 'metadata spec status',
  'admissionregistration.v1.ValidatingAdmissionPolicyBinding': 'metadata spec',
  'admissionregistration.v1.ValidatingWebhook': 'name clientConfig sideEffects admissionReviewVersions',
  'admissionregistration.v1.ValidatingWebhookConfiguration': 'metadata',
  'admissionregistration.v1.Validation': 'expression',
  'admissionregistration.v1.Variable': 'name expression',
  'apps.v1.ControllerRevision': 'metadata revision',
  'apps.v1.DaemonSet': 'metadata spec status',
  'apps.v1.DaemonSetCondition': 'type status lastTransitionTime',
  'apps.v1.DaemonSetSpec': 'template updateStrategy',
  'apps.v1.DaemonSetStatus': 'currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady',
  'apps.v1.Deployment': 'metadata spec status',
  'apps.v1.DeploymentCondition': 'type status lastUpdateTime lastTransitionTime',
  'apps.v1.DeploymentSpec': 'template strategy',
  'apps.v1.ReplicaSet': 'metadata spec status',
  'apps.v1.ReplicaSetCondition': 'type status lastTransitionTime',
  'apps.v1.ReplicaSetSpec': 'template',
  'apps.v1.ReplicaSetStatus': 'replicas',
  'apps.v1.StatefulSet': 'metadata spec status',
  'apps.v1.StatefulSetCondition': 'type status lastTransitionTime',
  'apps.v1.StatefulSetOrdinals': 'start',
  'apps.v1.StatefulSetSpec': 'template serviceName updateStrategy',
  'apps.v1.StatefulSetStatus': 'replicas availableReplicas',
  'authentication.v1.SelfSubjectReview': 'metadata status',
  'authentication.v1.SelfSubjectReviewStatus': 'userInfo',
  'authentication.v1.TokenRequest': 'metadata spec status',
  'authentication.v1.TokenRequestSpec': 'audiences expirationSeconds',
  'authentication.v1.TokenRequestStatus': 'token expirationTimestamp',
  'authentication.v1.TokenReview': 'metadata spec status',
  'authentication.v1.TokenReviewStatus': 'user',
  'authorization.v1.LocalSubjectAccessReview': 'metadata spec status',
  'authorization.v1.NonResourceRule': 'verbs',
  'authorization.v1.ResourceRule': 'verbs',
  'authorization.v1.SelfSubjectAccessReview': 'metadata spec status',
  'authorization.v1.SelfSubjectRulesReview': 'metadata spec status',
  'authorization.v1.SubjectAccessReview': 'metadata spec status',
  'authorization.v1.SubjectAccessReviewStatus': 'allowed',
  'authorization.v1.SubjectRulesReviewStatus': 'resourceRules nonResourceRules incomplete',
  'autoscaling.v1.CrossVersionObjectReference': 'kind name',
  'autoscaling.v1.HorizontalPodAutoscaler': 'metadata spec status',
  'autoscaling.v1.HorizontalPodAutoscalerSpec': 'scaleTargetRef maxReplicas',
  'autoscaling.v1.HorizontalPodAutoscalerStatus': 'currentReplicas desiredReplicas',
  'autoscaling.v1.Scale': 'metadata spec status',
  'autoscaling.v1.ScaleStatus': 'replicas',
  'autoscaling.v2.ContainerResourceMetricSource': 'name target container',
  'autoscaling.v2.ContainerResourceMetricStatus': 'name current container',
  'autoscaling.v2.CrossVersionObjectReference': 'kind name',
  'autoscaling.v2.ExternalMetricSource': 'metric target',
  'autoscaling.v2.ExternalMetricStatus': 'metric current',
  'autoscaling.v2.HPAScalingPolicy': 'type value periodSeconds',
  'autoscaling.v2.HorizontalPodAutoscaler': 'metadata spec status',
  'autoscaling.v2.HorizontalPodAutoscalerCondition': 'type status lastTransitionTime',
  'autoscaling.v2.HorizontalPodAutoscalerSpec': 'scaleTargetRef maxReplicas',
  'autoscaling.v2.HorizontalPodAutoscalerStatus': 'desiredReplicas currentMetrics',
  'autoscaling.v2.MetricIdentifier': 'name',
  'autoscaling.v2.MetricSpec': 'type',
  'autoscaling.v2.MetricStatus': 'type',
  'autoscaling.v2.MetricTarget': 'type',
  'autoscaling.v2.ObjectMetricSource': 'describedObject target metric',
  'autoscaling.v2.ObjectMetricStatus': 'metric current describedObject',
  'autoscaling.v2.PodsMetricSource': 'metric target',
  'autoscaling.v2.PodsMetricStatus': 'metric current',
  'autoscaling.v2.ResourceMetricSource': 'name target',
  'autoscaling.v2.ResourceMetricStatus': 'name current',
  'batch.v1.CronJob': 'metadata spec status',
  'batch.v1.CronJobSpec': 'schedule jobTemplate',
  'batch.v1.Job': 'metadata spec status',
  'batch.v1.JobCondition': 'type status lastProbeTime lastTransitionTime',
  'batch.v1.JobSpec': 'template',
  'batch.v1.JobTemplateSpec': 'metadata spec',
  'batch.v1.PodFailurePolicy': 'rules',
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': 'operator values',
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': 'type status',
  'batch.v1.PodFailurePolicyRule': 'action',
  'batch.v1.SuccessPolicy': 'rules',
  'certificates.v1.CertificateSigningRequest': 'metadata spec status',
  'certificates.v1.CertificateSigningRequestCondition': 'type status lastUpdateTime lastTransitionTime',
  'certificates.v1.CertificateSigningRequestSpec': 'request signerName',
  'coordination.v1.Lease': 'metadata spec',
  'core.v1.AWSElasticBlockStoreVolumeSource': 'volumeID',
  'core.v1.AppArmorProfile': 'type',
  'core.v1.AttachedVolume': 'name devicePath',
  'core.v1.AzureDiskVolumeSource': 'diskName diskURI',
  'core.v1.AzureFilePersistentVolumeSource': 'secretName shareName secretNamespace',
  'core.v1.AzureFileVolumeSource': 'secretName shareName',
  'core.v1.Binding': 'metadata target',
  'core.v1.CSIPersistentVolumeSource': 'driver volumeHandle',
  'core.v1.CSIVolumeSource': 'driver',
  'core.v1.CephFSPersistentVolumeSource': 'monitors',
  'core.v1.CephFSVolumeSource': 'monitors',
  'core.v1.CinderPersistentVolumeSource': 'volumeID',
  'core.v1.CinderVolumeSource': 'volumeID',
  'core.v1.ClusterTrustBundleProjection': 'path',
  'core.v1.ComponentCondition': 'type status',
  'core.v1.ComponentStatus': 'metadata',
  'core.v1.ConfigMap': 'metadata',
  'core.v1.ConfigMapKeySelector': 'key',
  'core.v1.ConfigMapNodeConfigSource': 'namespace name kubeletConfigKey',
  'core.v1.Container': 'name resources',
  'core.v1.ContainerExtendedResourceRequest': 'containerName resourceName requestName',
  'core.v1.ContainerImage': 'names',
  'core.v1.ContainerPort': 'containerPort',
  'core.v1.ContainerResizePolicy': 'resourceName restartPolicy',
  'core.v1.ContainerStateRunning': 'startedAt',
  'core.v1.ContainerStateTerminated': 'exitCode startedAt finishedAt',
  'core.v1.ContainerStatus': 'name state lastState ready restartCount image imageID',
  'core.v1.DaemonEndpoint': 'Port',
  'core.v1.DownwardAPIVolumeFile': 'path',
  'core.v1.EndpointAddress': 'ip',
  'core.v1.EndpointPort': 'port',
  'core.v1.Endpoints': 'metadata',
  'core.v1.EnvVar': 'name',
  'core.v1.EphemeralContainer': 'name resources',
  'core.v1.Event': 'metadata involvedObject source firstTimestamp lastTimestamp eventTime reportingComponent reportingInstance',
  'core.v1.EventSeries': 'lastObservedTime',
  'core.v1.FileKeySelector': 'volumeName path key',
  'core.v1.FlexPersistentVolumeSource': 'driver',
  'core.v1.FlexVolumeSource': 'driver',
  'core.v1.GCEPersistentDiskVolumeSource': 'pdName',
  'core.v1.GRPCAction': 'port service',
  'core.v1.GitRepoVolumeSource': 'repository',
  'core.v1.GlusterfsPersistentVolumeSource': 'endpoints path',
  'core.v1.GlusterfsVolumeSource': 'endpoints path',
  'core.v1.HTTPGetAction': 'port',
  'core.v1.HTTPHeader': 'name value',
  'core.v1.HostAlias': 'ip',
  'core.v1.HostIP': 'ip',
  'core.v1.HostPathVolumeSource': 'path',
  'core.v1.ISCSIPersistentVolumeSource': 'targetPortal iqn lun',
  'core.v1.ISCSIVolumeSource': 'targetPortal iqn lun',
  'core.v1.KeyToPath': 'key path',
  'core.v1.LimitRange': 'metadata spec',
  'core.v1.LimitRangeItem': 'type',
  'core.v1.LimitRangeSpec': 'limits',
  'core.v1.LinuxContainerUser': 'uid gid',
  'core.v1.LocalVolumeSource': 'path',
  'core.v1.ModifyVolumeStatus': 'status',
  'core.v1.NFSVolumeSource': 'server path',
  'core.v1.Namespace': 'metadata spec status',
  'core.v1.NamespaceCondition': 'type status lastTransitionTime',
  'core.v1.Node': 'metadata spec status',
  'core.v1.NodeAddress': 'type address',
  'core.v1.NodeAllocatableResourceClaimStatus': 'resourceClaimName resources',
  'core.v1.NodeCondition': 'type status lastHeartbeatTime lastTransitionTime',
  'core.v1.NodeDaemonEndpoints': 'kubeletEndpoint',
  'core.v1.NodeRuntimeHandler': 'name',
  'core.v1.NodeSelector': 'nodeSelectorTerms',
  'core.v1.NodeSelectorRequirement': 'key operator',
  'core.v1.NodeStatus': 'daemonEndpoints nodeInfo',
  'core.v1.NodeSystemInfo': 'machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion kubeletVersion kubeProxyVersion operatingSystem architecture',
  'core.v1.ObjectFieldSelector': 'fieldPath',
  'core.v1.PersistentVolume': 'metadata spec status',
  'core.v1.PersistentVolumeClaim': 'metadata spec status',
  'core.v1.PersistentVolumeClaimCondition': 'type status lastProbeTime lastTransitionTime',
  'core.v1.PersistentVolumeClaimSpec': 'resources',
  'core.v1.PersistentVolumeClaimTemplate': 'metadata spec',
  'core.v1.PersistentVolumeClaimVolumeSource': 'claimName',
  'core.v1.PhotonPersistentDiskVolumeSource': 'pdID',
  'core.v1.Pod': 'metadata spec status',
  'core.v1.PodAffinityTerm': 'topologyKey',
  'core.v1.PodCondition': 'type status lastProbeTime lastTransitionTime',
  'core.v1.PodExtendedResourceClaimStatus': 'requestMappings resourceClaimName',
  'core.v1.PodIP': 'ip',
  'core.v1.PodOS': 'name',
  'core.v1.PodReadinessGate': 'conditionType',
  'core.v1.PodResourceClaim': 'name',
  'core.v1.PodResourceClaimStatus': 'name',
  'core.v1.PodSchedulingGate': 'name',
  'core.v1.PodSpec': 'containers',
  'core.v1.PodTemplate': 'metadata template',
  'core.v1.PodTemplateSpec': 'metadata spec',
  'core.v1.PortStatus': 'port protocol',
  'core.v1.PortworxVolumeSource': 'volumeID',
  'core.v1.PreferredSchedulingTerm': 'weight preference',
  'core.v1.ProjectedVolumeSource': 'sources',
  'core.v1.QuobyteVolumeSource': 'registry volume',
  'core.v1.RBDPersistentVolumeSource': 'monitors image',
  'core.v1.RBDVolumeSource': 'monitors image',
  'core.v1.ReplicationController': 'metadata spec status',
  'core.v1.ReplicationControllerCondition': 'type status lastTransitionTime',
  'core.v1.ReplicationControllerStatus': 'replicas',
  'core.v1.ResourceClaim': 'name',
  'core.v1.ResourceFieldSelector': 'resource divisor',
  'core.v1.ResourceHealth': 'resourceID',
  'core.v1.ResourceQuota': 'metadata spec status',
  'core.v1.ResourceStatus': 'name',
  'core.v1.ScaleIOPersistentVolumeSource': 'gateway system',
  'core.v1.ScaleIOVolumeSource': 'gateway system',
  'core.v1.ScopedResourceSelectorRequirement': 'scopeName operator',
  'core.v1.SeccompProfile': 'type',
  'core.v1.Secret': 'metadata',
  'core.v1.SecretKeySelector': 'key',
  'core.v1.Service': 'metadata spec status',
  'core.v1.ServiceAccount': 'metadata',
  'core.v1.ServiceAccountTokenProjection': 'path',
  'core.v1.ServicePort': 'port targetPort',
  'core.v1.ServiceStatus': 'loadBalancer',
  'core.v1.SleepAction': 'seconds',
  'core.v1.Sysctl': 'name value',
  'core.v1.TCPSocketAction': 'port',
  'core.v1.Taint': 'key effect',
  'core.v1.TopologySelectorLabelRequirement': 'key values',
  'core.v1.TopologySpreadConstraint': 'maxSkew topologyKey whenUnsatisfiable',
  'core.v1.TypedLocalObjectReference': 'apiGroup kind name',
  'core.v1.TypedObjectReference': 'apiGroup kind name',
  'core.v1.Volume': 'name',
  'core.v1.VolumeDevice': 'name devicePath',
  'core.v1.VolumeMount': 'name mountPath',
  'core.v1.VolumeMountStatus': 'name mountPath',
  'core.v1.VsphereVirtualDiskVolumeSource': 'volumePath',
  'core.v1.WeightedPodAffinityTerm': 'weight podAffinityTerm',
  'discovery.v1.Endpoint': 'addresses conditions',
  'discovery.v1.EndpointSlice': 'metadata addressType endpoints ports',
  'discovery.v1.ForNode': 'name',
  'discovery.v1.ForZone': 'name',
  'events.v1.Event': 'metadata eventTime regarding deprecatedSource deprecatedFirstTimestamp deprecatedLastTimestamp',
  'events.v1.EventSeries': 'count lastObservedTime',
  'flowcontrol.v1.FlowDistinguisherMethod': 'type',
  'flowcontrol.v1.FlowSchema': 'metadata spec status',
  'flowcontrol.v1.FlowSchemaCondition': 'lastTransitionTime',
  'flowcontrol.v1.FlowSchemaSpec': 'priorityLevelConfiguration matchingPrecedence',
  'flowcontrol.v1.GroupSubject': 'name',
  'flowcontrol.v1.LimitResponse': 'type',
  'flowcontrol.v1.LimitedPriorityLevelConfiguration': 'nominalConcurrencyShares limitResponse',
  'flowcontrol.v1.NonResourcePolicyRule': 'verbs nonResourceURLs',
  'flowcontrol.v1.PolicyRulesWithSubjects': 'subjects',
  'flowcontrol.v1.PriorityLevelConfiguration': 'metadata spec status',
  'flowcontrol.v1.PriorityLevelConfigurationCondition': 'lastTransitionTime',
  'flowcontrol.v1.PriorityLevelConfigurationReference': 'name',
  'flowcontrol.v1.PriorityLevelConfigurationSpec': 'type',
  'flowcontrol.v1.QueuingConfiguration': 'queues handSize queueLengthLimit',
  'flowcontrol.v1.ResourcePolicyRule': 'verbs apiGroups resources namespaces',
  'flowcontrol.v1.ServiceAccountSubject': 'namespace name',
  'flowcontrol.v1.Subject': 'kind',
  'flowcontrol.v1.UserSubject': 'name',
  'meta.v1.APIGroup': 'name versions preferredVersion',
  'meta.v1.APIGroupList': 'groups',
  'meta.v1.APIResource': 'name singularName namespaced kind verbs',
  'meta.v1.APIResourceList': 'groupVersion resources',
  'meta.v1.APIVersions': 'versions serverAddressByClientCIDRs',
  'meta.v1.Condition': 'type status lastTransitionTime reason message',
  'meta.v1.FieldSelectorRequirement': 'key operator',
  'meta.v1.GroupVersionForDiscovery': 'groupVersion version',
  'meta.v1.LabelSelectorRequirement': 'key operator',
  'meta.v1.OwnerReference': 'apiVersion kind name uid',
  'meta.v1.ServerAddressByClientCIDR': 'clientCIDR serverAddress',
  'meta.v1.ShardInfo': 'selector',
  'meta.v1.Status': 'metadata',
  'networking.v1.HTTPIngressPath': 'pathType backend',
  'networking.v1.HTTPIngressRuleValue': 'paths',
  'networking.v1.IPAddress': 'metadata spec',
  'networking.v1.IPBlock': 'cidr',
  'networking.v1.Ingress': 'metadata spec status',
  'networking.v1.IngressClass': 'metadata spec',
  'networking.v1.IngressClassParametersReference': 'kind name scope',
  'networking.v1.IngressPortStatus': 'port protocol',
  'networking.v1.IngressServiceBackend': 'name port',
  'networking.v1.IngressStatus': 'loadBalancer',
  'networking.v1.NetworkPolicy': 'metadata spec',
  'networking.v1.NetworkPolicySpec': 'podSelector',
  'networking.v1.ServiceCIDR': 'metadata spec status',
  'node.v1.RuntimeClass': 'metadata handler',
  'policy.v1.Eviction': 'metadata',
  'policy.v1.PodDisruptionBudget': 'metadata spec status',
  'policy.v1.PodDisruptionBudgetStatus': 'disruptionsAllowed currentHealthy desiredHealthy expectedPods',
  'rbac.v1.ClusterRole': 'metadata rules',
  'rbac.v1.ClusterRoleBinding': 'metadata roleRef',
  'rbac.v1.PolicyRule': 'verbs',
  'rbac.v1.Role': 'metadata rules',
  'rbac.v1.RoleBinding': 'metadata roleRef',
  'rbac.v1.RoleRef': 'apiGroup kind name',
  'rbac.v1.Subject': 'kind name',
  'resource.v1.AllocatedDeviceStatus': 'driver pool device conditions',
  'resource.v1.AllocationResult': 'devices',
  'resource.v1.CELDeviceSelector': 'expression',
  'resource.v1.CapacityRequestPolicy': 'default',
  'resource.v1.Counter': 'value',
  'resource.v1.CounterSet': 'name',
  'resource.v1.Device': 'name',
  'resource.v1.DeviceAllocationConfiguration': 'source',
  'resource.v1.DeviceCapacity': 'value',
  'resource.v1.DeviceClaim': 'requests',
  'resource.v1.DeviceClass': 'metadata spec',
  'resource.v1.DeviceCounterConsumption': 'counterSet',
  'resource.v1.DeviceRequest': 'name',
  'resource.v1.DeviceRequestAllocationResult': 'request driver pool device',
  'resource.v1.DeviceSubRequest': 'name deviceClassName',
  'resource.v1.DeviceTaint': 'key effect',
  'resource.v1.ExactDeviceRequest': 'deviceClassName',
  'resource.v1.OpaqueDeviceConfiguration': 'driver parameters',
  'resource.v1.ResourceClaim': 'metadata spec status',
  'resource.v1.ResourceClaimConsumerReference': 'resource name uid',
  'resource.v1.ResourceClaimSpec': 'devices',
  'resource.v1.ResourceClaimTemplate': 'metadata spec',
  'resource.v1.ResourceClaimTemplateSpec': 'metadata spec',
  'resource.v1.ResourcePool': 'name generation resourceSliceCount',
  'resource.v1.ResourceSlice': 'metadata spec',
  'resource.v1.ResourceSliceSpec': 'driver pool',
  'scheduling.v1.PriorityClass': 'metadata value',
  'storage.v1.CSIDriver': 'metadata spec',
  'storage.v1.CSINode': 'metadata spec',
  'storage.v1.CSINodeDriver': 'name nodeID topologyKeys',
  'storage.v1.CSINodeSpec': 'drivers',
  'storage.v1.CSIStorageCapacity': 'metadata storageClassName',
  'storage.v1.StorageClass': 'metadata provisioner',
  'storage.v1.TokenRequest': 'audience',
  'storage.v1.VolumeAttachment': 'metadata spec status',
  'storage.v1.VolumeAttachmentSpec': 'attacher source nodeName',
  'storage.v1.VolumeAttachmentStatus': 'attached',
  'storage.v1.VolumeAttributesClass': 'metadata driverName',
  'storage.v1.VolumeError': 'time',
};
