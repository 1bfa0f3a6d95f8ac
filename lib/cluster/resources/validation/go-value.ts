/**
 * Some sentences carry a whole structure as the API server's internal Go type has it: Go's field names, in Go's order,
 * nothing omitted (`{"Type":"X","RollingUpdate":null}`). The shapes here are those of `pkg/apis/{core,apps}/types.go`.
 *
 * A field is `GoName` or `GoName=jsonName`, then how it is when absent: nothing for `""`, `:0`, `:false`, `:null`, `:quantity`,
 * `:Shape` for a structure that is always there, `:*Shape` for one that may be null, `:[]Shape` for a list of them.
 */
const containerFields =
  'Name Image Command:null Args:null WorkingDir Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy:null RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath TerminationMessagePolicy ImagePullPolicy SecurityContext:*SecurityContext Stdin:false StdinOnce:false TTY=tty:false';

const shapes: Readonly<Record<string, string>> = {
  PodSpec:
    'Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers:[]EphemeralContainer RestartPolicy TerminationGracePeriodSeconds:null ActiveDeadlineSeconds:null DNSPolicy=dnsPolicy NodeSelector:null ServiceAccountName AutomountServiceAccountToken:null NodeName SecurityContext:*PodSecurityContext ImagePullSecrets:[]LocalObjectReference Hostname Subdomain SetHostnameAsFQDN:null Affinity:*Affinity SchedulerName Tolerations:[]Toleration HostAliases:[]HostAlias PriorityClassName Priority:null PreemptionPolicy:null DNSConfig=dnsConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate RuntimeClassName:null Overhead:null EnableServiceLinks:null TopologySpreadConstraints:[]TopologySpreadConstraint OS=os:*PodOS SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim Resources:*ResourceRequirements HostnameOverride:null SchedulingGroup:*PodSchedulingGroup',
  PodSecurityContext:
    'HostNetwork:false HostPID:false HostIPC:false ShareProcessNamespace:null HostUsers:null SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:null RunAsGroup:null RunAsNonRoot:null SupplementalGroups:null SupplementalGroupsPolicy:null FSGroup=fsGroup:null FSGroupChangePolicy=fsGroupChangePolicy:null Sysctls:[]Sysctl SeccompProfile:*SeccompProfile AppArmorProfile:*SeccompProfile SELinuxChangePolicy=seLinuxChangePolicy:null',
  Sysctl: 'Name Value',
  LocalObjectReference: 'Name',
  Toleration: 'Key Operator Value Effect TolerationSeconds:null',
  HostAlias: 'IP=ip Hostnames:null',
  PodDNSConfig: 'Nameservers:null Searches:null Options:[]PodDNSConfigOption',
  PodDNSConfigOption: 'Name Value:null',
  PodReadinessGate: 'ConditionType',
  PodOS: 'Name',
  PodSchedulingGate: 'Name',
  PodSchedulingGroup: 'PodGroupName:null',
  TopologySpreadConstraint:
    'MaxSkew:0 TopologyKey WhenUnsatisfiable LabelSelector:null MinDomains:null NodeAffinityPolicy:null NodeTaintsPolicy:null MatchLabelKeys:null',
  Affinity: 'NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity',
  NodeAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm',
  NodeSelector: 'NodeSelectorTerms:[]NodeSelectorTerm',
  PreferredSchedulingTerm: 'Weight:0 Preference:NodeSelectorTerm',
  PodAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm',
  PodAffinityTerm: 'LabelSelector:null Namespaces:null TopologyKey NamespaceSelector:null MatchLabelKeys:null MismatchLabelKeys:null',
  WeightedPodAffinityTerm: 'Weight:0 PodAffinityTerm:PodAffinityTerm',
  Container: containerFields,
  EphemeralContainer: `${containerFields} TargetContainerName`,
  ContainerPort: 'Name HostPort:0 ContainerPort:0 Protocol HostIP',
  EnvFromSource: 'Prefix ConfigMapRef:*SourceRef SecretRef:*SourceRef',
  SourceRef: 'Name Optional:null',
  EnvVar: 'Name Value ValueFrom:*EnvVarSource',
  EnvVarSource:
    'FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector FileKeyRef:*FileKeySelector',
  ObjectFieldSelector: 'APIVersion=apiVersion FieldPath',
  ResourceFieldSelector: 'ContainerName Resource Divisor:quantity',
  KeySelector: 'Name Key Optional:null',
  FileKeySelector: 'VolumeName Path Key Optional:null',
  ResourceRequirements: 'Limits:null Requests:null Claims:[]ResourceClaim',
  ResourceClaim: 'Name Request',
  ContainerResizePolicy: 'ResourceName RestartPolicy',
  ContainerRestartRule: 'Action ExitCodes:*ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'Operator Values:null',
  VolumeMount: 'Name ReadOnly:false RecursiveReadOnly:null MountPath SubPath MountPropagation:null SubPathExpr',
  VolumeDevice: 'Name DevicePath',
  Probe:
    'Exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction GRPC=grpc:*GRPCAction InitialDelaySeconds:0 TimeoutSeconds:0 PeriodSeconds:0 SuccessThreshold:0 FailureThreshold:0 TerminationGracePeriodSeconds:null',
  ExecAction: 'Command:null',
  HTTPGetAction: 'Path Port:0 Host Scheme HTTPHeaders=httpHeaders:[]HTTPHeader',
  HTTPHeader: 'Name Value',
  TCPSocketAction: 'Port:0 Host',
  GRPCAction: 'Port:0 Service:null',
  Lifecycle: 'PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:null',
  LifecycleHandler: 'Exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction Sleep:*SleepAction',
  SleepAction: 'Seconds:0',
  Volume:
    'Name HostPath:*HostPathVolumeSource EmptyDir:*EmptyDirVolumeSource GCEPersistentDisk=gcePersistentDisk:null AWSElasticBlockStore=awsElasticBlockStore:null GitRepo:null Secret:*SecretVolumeSource NFS=nfs:null ISCSI=iscsi:null Glusterfs:null PersistentVolumeClaim:*ClaimSource RBD=rbd:null Quobyte:null FlexVolume:null Cinder:null CephFS=cephfs:null Flocker:null DownwardAPI:*DownwardAPIVolumeSource FC=fc:null AzureFile:null ConfigMap:*ConfigMapVolumeSource VsphereVolume:null AzureDisk:null PhotonPersistentDisk:null Projected:*ProjectedVolumeSource PortworxVolume:null ScaleIO:null StorageOS=storageos:null CSI=csi:null Ephemeral:null Image:*ImageVolumeSource',
  HostPathVolumeSource: 'Path Type:null',
  EmptyDirVolumeSource: 'Medium SizeLimit:null',
  SecretVolumeSource: 'SecretName Items:[]KeyToPath DefaultMode:null Optional:null',
  ConfigMapVolumeSource: 'Name Items:[]KeyToPath DefaultMode:null Optional:null',
  KeyToPath: 'Key Path Mode:null',
  ClaimSource: 'ClaimName ReadOnly:false',
  DownwardAPIVolumeSource: 'Items:[]DownwardAPIVolumeFile DefaultMode:null',
  DownwardAPIVolumeFile: 'Path FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:null',
  ProjectedVolumeSource: 'Sources:[]VolumeProjection DefaultMode:null',
  VolumeProjection:
    'Secret:*ProjectedItems DownwardAPI:*DownwardAPIProjection ConfigMap:*ProjectedItems ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:null PodCertificate:null',
  ProjectedItems: 'Name Items:[]KeyToPath Optional:null',
  DownwardAPIProjection: 'Items:[]DownwardAPIVolumeFile',
  ServiceAccountTokenProjection: 'Audience ExpirationSeconds:0 Path',
  ImageVolumeSource: 'Reference PullPolicy',
  Taint: 'Key Value Effect TimeAdded:null',
  SeccompProfile: 'Type LocalhostProfile:null',
  PodResourceClaim: 'Name ResourceClaimName:null ResourceClaimTemplateName:null',
  NodeSelectorTerm: 'MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement',
  NodeSelectorRequirement: 'Key Operator Values:null',
  DaemonSetUpdateStrategy: 'Type RollingUpdate:null',
  ServiceCIDRSpec: 'CIDRs=cidrs',
  ParentReference: 'Group Resource Namespace Name',
  FlowDistinguisherMethod: 'Type',
  DeviceClaim: 'Requests:[]DeviceRequest Constraints:[]DeviceConstraint Config:[]DeviceConfiguration',
  DeviceClaimSpec: 'Devices:DeviceClaim',
  DeviceRequest: 'Name Exactly:*ExactDeviceRequest FirstAvailable:[]DeviceSubRequest',
  ExactDeviceRequest:
    'DeviceClassName Selectors:[]DeviceSelector AllocationMode Count:0 AdminAccess:null Tolerations:[]DeviceToleration Capacity:null',
  DeviceSubRequest: 'Name DeviceClassName Selectors:[]DeviceSelector AllocationMode Count:0 Tolerations:[]DeviceToleration Capacity:null',
  DeviceSelector: 'CEL=cel:*CELDeviceSelector',
  CELDeviceSelector: 'Expression',
  DeviceToleration: 'Key Operator Value Effect TolerationSeconds:null',
  DeviceConstraint: 'Requests:null MatchAttribute:null DistinctAttribute:null',
  DeviceConfiguration: 'Requests:null Opaque:*OpaqueDeviceConfiguration',
  OpaqueDeviceConfiguration: 'Driver Parameters:null',
  DeviceAttribute:
    'IntValue=int:null BoolValue=bool:null StringValue=string:null VersionValue=version:null IntValues=ints:null BoolValues=bools:null StringValues=strings:null VersionValues=versions:null',
  ValidationRule: 'Rule Message MessageExpression Reason:null FieldPath OptionalOldSelf:null',
  CustomResourceDefinitionVersion:
    'Name Served:false Storage:false Deprecated:false DeprecationWarning:null Schema=internalSchema:null Subresources=internalSubresources:null AdditionalPrinterColumns=internalColumns:null SelectableFields:null',
  RoleRef: 'APIGroup=apiGroup Kind Name',
  ServicePortKey: 'Name Protocol AppProtocol:null Port:0 TargetPort:0 NodePort:0',
  SecurityContext:
    'Capabilities:*Capabilities Privileged:null SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:null RunAsGroup:null RunAsNonRoot:null ReadOnlyRootFilesystem:null AllowPrivilegeEscalation:null ProcMount:null SeccompProfile:*SeccompProfile AppArmorProfile:*SeccompProfile',
  Capabilities: 'Add:null Drop:null',
  SELinuxOptions: 'User Role Type Level',
  PodDisruptionBudgetSpec: 'MinAvailable:null Selector:null MaxUnavailable:null UnhealthyPodEvictionPolicy:null',
  SuccessPolicy: 'Rules:[]SuccessPolicyRule',
  SuccessPolicyRule: 'SucceededIndexes:null SucceededCount:null',
  StatefulSetUpdateStrategy: 'Type RollingUpdate:*RollingUpdateStatefulSetStrategy',
  RollingUpdateStatefulSetStrategy: 'Partition:0 MaxUnavailable:null',
  PersistentVolumeClaimSpec:
    'AccessModes:null Selector:null Resources:VolumeResourceRequirements VolumeName StorageClassName:null VolumeMode:null DataSource:*TypedLocalObjectReference DataSourceRef:*TypedObjectReference VolumeAttributesClassName:null',
  VolumeResourceRequirements: 'Limits:null Requests:null',
  TypedLocalObjectReference: 'APIGroup=apiGroup:null Kind Name',
  TypedObjectReference: 'APIGroup=apiGroup:null Kind Name Namespace:null',
  PersistentVolumeSource:
    'GCEPersistentDisk=gcePersistentDisk:*GCEPersistentDiskVolumeSource AWSElasticBlockStore=awsElasticBlockStore:*AWSElasticBlockStoreVolumeSource HostPath:*HostPathVolumeSource Glusterfs:*GlusterfsPersistentVolumeSource NFS=nfs:*NFSVolumeSource RBD=rbd:null Quobyte:null ISCSI=iscsi:null FlexVolume:null Cinder:null CephFS=cephfs:null FC=fc:null Flocker:null AzureFile:null VsphereVolume:null AzureDisk:null PhotonPersistentDisk:null PortworxVolume:null ScaleIO=scaleIO:null Local:*LocalVolumeSource StorageOS=storageos:null CSI=csi:*CSIPersistentVolumeSource',
  GCEPersistentDiskVolumeSource: 'PDName=pdName FSType=fsType Partition:0 ReadOnly:false',
  AWSElasticBlockStoreVolumeSource: 'VolumeID=volumeID FSType=fsType Partition:0 ReadOnly:false',
  GlusterfsPersistentVolumeSource: 'EndpointsName=endpoints Path ReadOnly:false EndpointsNamespace:null',
  NFSVolumeSource: 'Server Path ReadOnly:false',
  LocalVolumeSource: 'Path FSType=fsType:null',
  CSIPersistentVolumeSource:
    'Driver VolumeHandle ReadOnly:false FSType=fsType VolumeAttributes:null ControllerPublishSecretRef:*SecretReference NodeStageSecretRef:*SecretReference NodePublishSecretRef:*SecretReference ControllerExpandSecretRef:*SecretReference NodeExpandSecretRef:*SecretReference',
  SecretReference: 'Name Namespace',
  VolumeAttachmentSpec: 'Attacher Source:VolumeAttachmentSource NodeName',
  HorizontalPodAutoscalerBehavior: 'ScaleUp:*HPAScalingRules ScaleDown:*HPAScalingRules',
  HPAScalingRules: 'StabilizationWindowSeconds:null SelectPolicy:null Policies:[]HPAScalingPolicy Tolerance:null',
  HPAScalingPolicy: 'Type Value:0 PeriodSeconds:0',
  VolumeAttachmentSource: 'PersistentVolumeName:null InlineVolumeSpec:null',
  WindowsOptions:
    'GMSACredentialSpecName=gmsaCredentialSpecName:null GMSACredentialSpec=gmsaCredentialSpec:null RunAsUserName:null HostProcess:null',
};

type Plain = Readonly<Record<string, unknown>>;

/** `value` as the internal type `shape`, ready to be rendered as JSON. */
export function goValue(shape: string, value: unknown): unknown {
  const fields = shapes[shape];
  if (fields === undefined || typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(fields.split(' ').map((field) => goField(field, value as Plain)));
}

function goField(field: string, value: Plain): [string, unknown] {
  const [names = '', absent = ''] = field.split(':');
  const [goName = '', jsonName = goName.charAt(0).toLowerCase() + goName.slice(1)] = names.split('=');
  return [goName, goFieldValue(absent, value[jsonName])];
}

function goFieldValue(absent: string, value: unknown): unknown {
  if (absent.startsWith('[]')) return Array.isArray(value) ? value.map((item) => goValue(absent.slice(2), item)) : null;
  if (absent.startsWith('*')) return value === undefined ? null : goValue(absent.slice(1), value);
  if (absent in shapes) return goValue(absent, value ?? {});
  return value ?? { '': '', '0': 0, false: false, null: null, quantity: '0' }[absent];
}
