import type {
  V1MutatingWebhook,
  V1MutatingWebhookConfiguration,
  V1ValidatingWebhook,
  V1ValidatingWebhookConfiguration,
} from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { failurePolicies, matchPolicies, validateMatchConditions, validateOneOf, validateRule } from './admission-rules';
import { validateLabelSelector } from './label-selector';
import { dns1035Label, dnsSubdomain, invalidEach, portNumber } from './names';

type Webhook = V1ValidatingWebhook & Pick<V1MutatingWebhook, 'reinvocationPolicy'>;

/** `ValidateValidatingWebhookConfiguration`, `ValidateMutatingWebhookConfiguration`. */
export function validateWebhooks({ webhooks }: V1ValidatingWebhookConfiguration | V1MutatingWebhookConfiguration): FieldError[] {
  const all = (webhooks ?? []) as readonly Webhook[];
  return all.flatMap((webhook, index) => {
    const path = FieldPath.of('webhooks').index(index);
    const isRepeated = webhook.name && all.slice(0, index).some(({ name }) => name === webhook.name);
    return [
      ...validateWebhook(webhook, path),
      ...validateReviewVersions(webhook.admissionReviewVersions ?? [], path.child('admissionReviewVersions')),
      ...(isRepeated ? [fieldError.duplicate(path.child('name'), webhook.name)] : []),
    ];
  });
}

export function defaultWebhooks({ webhooks }: V1ValidatingWebhookConfiguration | V1MutatingWebhookConfiguration): void {
  for (const webhook of webhooks ?? []) {
    webhook.failurePolicy ??= 'Fail';
    webhook.matchPolicy ??= 'Equivalent';
    webhook.namespaceSelector ??= {};
    webhook.objectSelector ??= {};
    webhook.timeoutSeconds ??= 10;
    for (const rule of webhook.rules ?? []) rule.scope ??= '*';
    if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
  }
}

const sideEffectClasses = ['None', 'NoneOnDryRun'];

function validateWebhook(webhook: Webhook, path: FieldPath): FieldError[] {
  const { rules, sideEffects, timeoutSeconds } = webhook;
  const isLate = timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1);
  return [
    ...validateQualifiedDomain(webhook.name ?? '', path.child('name')),
    ...(rules ?? []).flatMap((rule, index) => validateRule(rule, path.child('rules').index(index))),
    ...validateOneOf(webhook.failurePolicy, failurePolicies, path.child('failurePolicy')),
    ...validateOneOf(webhook.matchPolicy, matchPolicies, path.child('matchPolicy')),
    ...(sideEffects
      ? validateOneOf(sideEffects, sideEffectClasses, path.child('sideEffects'))
      : [fieldError.required(path.child('sideEffects'), `must specify one of ${sideEffectClasses.join(', ')}`)]),
    ...(isLate
      ? [fieldError.invalid(path.child('timeoutSeconds'), timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateLabelSelector(webhook.namespaceSelector, path.child('namespaceSelector')),
    ...validateLabelSelector(webhook.objectSelector, path.child('objectSelector')),
    ...validateOneOf(webhook.reinvocationPolicy, ['IfNeeded', 'Never'], path.child('reinvocationPolicy')),
    ...validateClient(webhook.clientConfig ?? {}, path.child('clientConfig')),
    ...validateMatchConditions(webhook.matchConditions, { hasParams: false }, path.child('matchConditions')),
  ];
}

/** `IsFullyQualifiedName`. */
function validateQualifiedDomain(name: string, path: FieldPath): FieldError[] {
  if (!name) return [fieldError.required(path)];
  const errors = dnsSubdomain(name);
  if (errors.length > 0) return [fieldError.invalid(path, name, errors.join(','))];
  return name.split('.').length < 3
    ? [fieldError.invalid(path, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

const reviewVersions = ['v1', 'v1beta1'];

function validateReviewVersions(versions: readonly string[], path: FieldPath): FieldError[] {
  if (versions.length === 0) return [fieldError.required(path, `must specify one of ${reviewVersions.join(', ')}`)];
  const errors = versions.flatMap((version, index) =>
    versions.slice(0, index).includes(version)
      ? [fieldError.invalid(path.index(index), version, 'duplicate version')]
      : invalidEach(path.index(index), version, dns1035Label(version)),
  );
  return versions.some((version) => reviewVersions.includes(version))
    ? errors
    : [...errors, fieldError.invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`)];
}

function validateClient({ url, service }: Partial<Webhook['clientConfig']>, path: FieldPath): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [fieldError.required(path, 'exactly one of url or service is required')];
  return url === undefined ? validateService(service ?? {}, path.child('service')) : validateUrl(url, path.child('url'));
}

const form = '; desired format: https://host[/path]';

/** `ValidateWebhookURL` of `apiserver/pkg/util/webhook`. */
export function validateUrl(url: string, path: FieldPath): FieldError[] {
  const [, scheme = '', authority = '', , query = '', fragment = ''] =
    /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/i.exec(url) ?? [];
  const at = authority.lastIndexOf('@');
  const invalid = (value: string, why: string) => [fieldError.invalid(path, value, why)];
  return [
    ...(scheme === 'https' ? [] : invalid(scheme, `'https' is the only allowed URL scheme${form}`)),
    ...(authority.slice(at + 1) ? [] : invalid('', `host must be specified${form}`)),
    ...(at >= 0 ? invalid(authority.slice(0, at), 'user information is not permitted in the URL') : []),
    ...(fragment ? invalid(fragment, 'fragments are not permitted in the URL') : []),
    ...(query ? invalid(query, 'query parameters are not permitted in the URL') : []),
  ];
}

interface ServiceReference {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly path?: string | undefined;
  readonly port?: number | undefined;
}

/** `ValidateWebhookService`. */
export function validateService({ name, namespace, path: urlPath, port = 443 }: ServiceReference, path: FieldPath): FieldError[] {
  const wrongPort = portNumber(port);
  return [
    ...(name ? [] : [fieldError.required(path.child('name'))]),
    ...(namespace ? [] : [fieldError.required(path.child('namespace'))]),
    ...(wrongPort.length > 0 ? [fieldError.invalid(path.child('port'), port, `port is not valid: ${wrongPort.join(', ')}`)] : []),
    ...(urlPath === undefined ? [] : validateServicePath(urlPath, path.child('path'))),
  ];
}

function validateServicePath(urlPath: string, path: FieldPath): FieldError[] {
  if (urlPath === '/' || urlPath === '') return [];
  const invalid = (why: string) => fieldError.invalid(path, urlPath, why);
  if (urlPath === '//') return [invalid('segment[0] may not be empty')];
  const segments = urlPath.slice(1).replace(/\/$/, '').split('/');
  return [
    ...(urlPath.startsWith('/') ? [] : [invalid("must start with a '/'")]),
    ...segments.flatMap((segment, index) =>
      segment ? dnsSubdomain(segment).map((why) => invalid(`segment[${index}]: ${why}`)) : [invalid(`segment[${index}] may not be empty`)],
    ),
  ];
}
