import { compareBytes } from '@/lib/base';
import type { KubeObject } from '../../../api';

/** The API server's own caches of the kinds that configure admission, and a mark that changes whenever one of theirs does. */
export interface ConfigurationSource {
  readonly mark: number;
  list(kind: string): readonly KubeObject[];
}

/** The kinds a `ConfigurationSource` holds. */
export const configurationKinds = [
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
] as const;

export interface PolicyHook {
  readonly policy: KubeObject;
  readonly bindings: readonly KubeObject[];
}

interface Hooks {
  readonly mark: number;
  readonly validatingPolicies: readonly PolicyHook[];
  readonly mutatingPolicies: readonly PolicyHook[];
  readonly validatingWebhooks: readonly KubeObject[];
  readonly mutatingWebhooks: readonly KubeObject[];
}

/** What policies and webhooks there are now, by name; a cluster without any pays for a comparison. */
export class AdmissionConfiguration {
  readonly #source: ConfigurationSource;
  #hooks: Hooks | undefined;

  constructor(source: ConfigurationSource) {
    this.#source = source;
  }

  /** Whether nobody outside has a say in what is written. */
  get isEmpty(): boolean {
    const { validatingPolicies, mutatingPolicies, validatingWebhooks, mutatingWebhooks } = this.hooks;
    return validatingPolicies.length + mutatingPolicies.length + validatingWebhooks.length + mutatingWebhooks.length === 0;
  }

  get hooks(): Hooks {
    const { mark } = this.#source;
    if (this.#hooks?.mark !== mark) this.#hooks = this.#read(mark);
    return this.#hooks;
  }

  #read(mark: number): Hooks {
    return {
      mark,
      validatingPolicies: this.#policies('ValidatingAdmissionPolicy'),
      mutatingPolicies: this.#policies('MutatingAdmissionPolicy'),
      validatingWebhooks: this.#named('ValidatingWebhookConfiguration'),
      mutatingWebhooks: this.#named('MutatingWebhookConfiguration'),
    };
  }

  #named(kind: string): KubeObject[] {
    return [...this.#source.list(kind)].sort((a, b) => compareBytes(a.metadata.name, b.metadata.name));
  }

  /** A policy nobody binds does nothing. */
  #policies(kind: string): PolicyHook[] {
    const bindings = this.#named(`${kind}Binding`);
    return this.#named(kind)
      .map((policy) => ({ policy, bindings: bindings.filter(({ spec }) => spec?.policyName === policy.metadata.name) }))
      .filter((hook) => hook.bindings.length > 0);
  }
}
