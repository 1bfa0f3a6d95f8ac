import { flag, type FlagDefinition } from './flags';

/** Flags that apply to every command (`kubectl options`). */
export const globalFlags: readonly FlagDefinition[] = [
  flag.string('as', 'Username to impersonate for the operation. User could be a regular user or a service account in a namespace.'),
  flag.array('as-group', 'Group to impersonate for the operation, this flag can be repeated to specify multiple groups.'),
  flag.string('as-uid', 'UID to impersonate for the operation.'),
  flag.array(
    'as-user-extra',
    'User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the same key.',
  ),
  flag.string('cache-dir', 'Default cache directory', '$HOME/.kube/cache'),
  flag.string('certificate-authority', 'Path to a cert file for the certificate authority'),
  flag.string('client-certificate', 'Path to a client certificate file for TLS'),
  flag.string('client-key', 'Path to a client key file for TLS'),
  flag.string('cluster', 'The name of the kubeconfig cluster to use'),
  flag.string('context', 'The name of the kubeconfig context to use'),
  flag.bool('disable-compression', 'If true, opt-out of response compression for all requests to the server'),
  flag.bool(
    'insecure-skip-tls-verify',
    "If true, the server's certificate will not be checked for validity. This will make your HTTPS connections insecure",
  ),
  flag.string('kubeconfig', 'Path to the kubeconfig file to use for CLI requests.'),
  flag.string(
    'kuberc',
    'Path to the kuberc file to use for preferences. This can be disabled by exporting KUBECTL_KUBERC=false feature gate or turning off the feature KUBERC=off.',
  ),
  flag.duration('log-flush-frequency', 'Maximum number of seconds between log flushes', '5s'),
  flag.bool('match-server-version', 'Require server version to match client version'),
  flag.string('namespace,n', 'If present, the namespace scope for this CLI request'),
  flag.string('password', 'Password for basic authentication to the API server'),
  flag.string('profile', 'Name of profile to capture. One of (none|cpu|heap|goroutine|threadcreate|block|mutex|trace)', 'none'),
  flag.string('profile-output', 'Name of the file to write the profile to', 'profile.pprof'),
  flag.string(
    'request-timeout',
    "The length of time to wait before giving up on a single server request. Non-zero values should contain a corresponding time unit (e.g. 1s, 2m, 3h). A value of zero means don't timeout requests.",
    '0',
  ),
  flag.string('server,s', 'The address and port of the Kubernetes API server'),
  flag.string(
    'tls-server-name',
    'Server name to use for server certificate validation. If it is not provided, the hostname used to contact the server is used',
  ),
  flag.string('token', 'Bearer token for authentication to the API server'),
  flag.string('user', 'The name of the kubeconfig user to use'),
  flag.string('username', 'Username for basic authentication to the API server'),
  flag.int('v,v', 'number for the log level verbosity'),
  flag.custom(
    'vmodule',
    'comma-separated list of pattern=N settings for file-filtered logging (only works for the default text log format)',
  ),
  flag.bool('warnings-as-errors', 'Treat warnings received from the server as errors and exit with a non-zero exit code'),
];

const formats = 'json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file';

export const printFlags: readonly FlagDefinition[] = [
  flag.bool(
    'allow-missing-template-keys',
    'If true, ignore any errors in templates when a field or map key is missing in the template. Only applies to golang and jsonpath output formats.',
    true,
  ),
  flag.string('output,o', `Output format. One of: (${formats}).`),
  flag.bool('show-managed-fields', 'If true, keep the managedFields when printing objects in JSON or YAML format.'),
  flag.string('template', 'Template string or path to template file to use when -o=go-template, -o=go-template-file.'),
];

export function fileFlags(purpose = 'identifying the resource to get from a server.'): readonly FlagDefinition[] {
  return [
    flag.strings('filename,f', `Filename, directory, or URL to files ${purpose}`),
    flag.string('kustomize,k', "Process the kustomization directory. This flag can't be used together with -f or -R."),
    flag.bool(
      'recursive,R',
      'Process the directory used in -f, --filename recursively. Useful when you want to manage related manifests organized within the same directory.',
    ),
  ];
}

export const dryRunFlag = flag.string(
  'dry-run',
  'Must be "none", "server", or "client". If client strategy, only print the object that would be sent, without sending it. If server strategy, submit server-side request without persisting the resource.',
  'none',
  { alone: 'unchanged' },
);

export const selectorFlag = flag.string(
  'selector,l',
  "Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'.(e.g. -l key1=value1,key2=value2,key3 in (value3)). Matching objects must satisfy all of the specified label constraints.",
);
export const fieldSelectorFlag = flag.string(
  'field-selector',
  "Selector (field query) to filter on, supports '=', '==', and '!='.(e.g. --field-selector key1=value1,key2=value2). The server only supports a limited number of field queries per type.",
);
export const allNamespacesFlag = flag.bool(
  'all-namespaces,A',
  'If present, list the requested object(s) across all namespaces. Namespace in current context is ignored even if specified with --namespace.',
);
export const allFlag = flag.bool('all', 'Select all resources in the namespace of the specified resource types');
export const localFlag = flag.bool('local', 'If true, the command runs against the given files without contacting api-server.');
export const chunkSizeFlag = flag.int('chunk-size', 'Return large lists in chunks rather than all at once. Pass 0 to disable.', 500);
export const validateFlag = flag.string(
  'validate',
  'Must be one of: strict (or true), warn, ignore (or false). What to do about fields the server does not know: fail the request, warn, or drop them silently.',
  'strict',
  { alone: 'strict' },
);
export const saveConfigFlag = flag.bool(
  'save-config',
  'If true, the configuration of current object will be saved in its annotation. Otherwise, the annotation will be unchanged. This flag is useful when you want to perform kubectl apply on this object in the future.',
);
export const timeoutFlag = (usage: string, initial = '0s') => flag.duration('timeout', usage, initial);
export const fieldManagerFlag = (name: string) => flag.string('field-manager', 'Name of the manager used to track field ownership.', name);
export const cascadeFlag = flag.string(
  'cascade',
  'Must be "background", "orphan", or "foreground". Selects the deletion cascading strategy for the dependents (e.g. Pods created by a ReplicationController). Defaults to background.',
  'background',
  { alone: 'background' },
);
