/**
 * Some sentences carry a whole structure as the API server's internal Go type has it: Go's field names, in Go's order,
 * nothing omitted (`{"Type":"X","RollingUpdate":null}`). The shapes here are those of `pkg/apis/{core,apps}/types.go`.
 *
 * A field is `GoName` or `GoName=jsonName`, then how it is when absent: nothing for `""`, `:0`, `:false`, `:null`,
 * `:Shape` for a structure that is always there, `:*Shape` for one that may be null, `:[]Shape` for a list of them.
 */
const shapes: Readonly<Record<string, string>> = {
  Taint: 'Key Value Effect TimeAdded:null',
  SeccompProfile: 'Type LocalhostProfile:null',
  PodResourceClaim: 'Name ResourceClaimName:null ResourceClaimTemplateName:null',
  NodeSelectorTerm: 'MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement',
  NodeSelectorRequirement: 'Key Operator Values:null',
  DaemonSetUpdateStrategy: 'Type RollingUpdate:null',
  ServicePortKey: 'Name Protocol AppProtocol:null Port:0 TargetPort:0 NodePort:0',
  SecurityContext:
    'Capabilities:*Capabilities Privileged:null SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions RunAsUser:null RunAsGroup:null RunAsNonRoot:null ReadOnlyRootFilesystem:null AllowPrivilegeEscalation:null ProcMount:null SeccompProfile:*SeccompProfile AppArmorProfile:*SeccompProfile',
  Capabilities: 'Add:null Drop:null',
  SELinuxOptions: 'User Role Type Level',
  WindowsOptions: 'GMSACredentialSpecName=gmsaCredentialSpecName:null GMSACredentialSpec=gmsaCredentialSpec:null RunAsUserName:null HostProcess:null',
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
  return value ?? { '': '', '0': 0, false: false, null: null }[absent];
}
