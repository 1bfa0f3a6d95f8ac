import { labelSelectorAsSelector, type KubeObject } from '../../../api';
import type { AdmissionRequest, Lookup } from '../plugin';

/** A policy or binding that cannot be used as it is written. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

interface ParamKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Throws `ConfigurationError` for a kind that is not served. */
export function checkParamKind({ spec }: KubeObject, lookup: Lookup): undefined {
  const paramKind = spec?.paramKind as ParamKind | undefined;
  if (paramKind && !lookup.findDefinition(paramKind.apiVersion, paramKind.kind))
    throw new ConfigurationError(`failed to find resource referenced by paramKind: '${goKind(paramKind)}'`);
}

/**
 * The objects a binding says a policy is to be evaluated with, each by itself; undefined stands for none (`CollectParams`).
 * Throws `ConfigurationError`.
 */
export function paramsOf(
  policy: KubeObject,
  binding: KubeObject,
  { namespace }: AdmissionRequest,
  lookup: Lookup,
): readonly (KubeObject | undefined)[] {
  const paramKind = policy.spec?.paramKind as ParamKind | undefined;
  const ref = binding.spec?.paramRef;
  if (!paramKind || !ref) return [undefined];
  const definition = lookup.findDefinition(paramKind.apiVersion, paramKind.kind);
  if (!definition) return [];
  const isNamespaced = definition.scope === 'Namespaced';
  if (!isNamespaced && ref.namespace)
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const within: string = isNamespaced ? ref.namespace || namespace : '';
  if (isNamespaced && !within)
    throw new ConfigurationError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  const all = lookup.listOf(definition, isNamespaced ? within : undefined);
  const selector = ref.name ? undefined : labelSelectorAsSelector(ref.selector ?? {});
  const found = all.filter(({ metadata }) => (selector ? selector.matches(metadata.labels) : metadata.name === ref.name));
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
  return definition.type ? found : found.map(withoutType);
}

/** As informers of built-in kinds hold them. */
function withoutType({ kind: _kind, apiVersion: _version, ...rest }: KubeObject): KubeObject {
  return rest as KubeObject;
}

/** `apps/v1, Kind=Deployment`; the core group is nothing before the slash. */
function goKind({ apiVersion, kind }: ParamKind): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}
