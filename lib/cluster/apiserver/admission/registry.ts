import { DefaultTolerationSeconds } from './default-toleration-seconds';
import { NamespaceLifecycle } from './namespace-lifecycle';
import type { AdmissionPlugin, AdmissionRequest, Lookup } from './plugin';
import { Priority } from './priority';
import { RuntimeClass } from './runtime-class';
import { ServiceAccount } from './service-account';
import { TaintNodesByCondition } from './taint-nodes-by-condition';

/** In the order of `AllOrderedPlugins` (`pkg/kubeapiserver/options/plugins.go`). */
export const admissionPlugins: readonly AdmissionPlugin[] = [
  NamespaceLifecycle,
  ServiceAccount,
  TaintNodesByCondition,
  Priority,
  DefaultTolerationSeconds,
  RuntimeClass,
];

export function mutate(request: AdmissionRequest, lookup: Lookup, plugins: readonly AdmissionPlugin[]): void {
  for (const plugin of plugins) plugin.mutate?.(request, lookup);
}

export function validate(request: AdmissionRequest, lookup: Lookup, plugins: readonly AdmissionPlugin[]): void {
  for (const plugin of plugins) plugin.validate?.(request, lookup);
}
