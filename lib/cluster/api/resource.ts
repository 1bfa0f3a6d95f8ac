import type { StructuralType } from './decode';
import type { KubeObject } from './object';
import type { FieldError, FieldPath } from './field';

/** What the strategy hooks of a kind may look at besides the objects themselves. */
export interface StrategyContext {
  /** RFC 3339, whole seconds. */
  readonly now: string;
  readonly user: string;
  readonly requester: Requester;
}

/** Who a request is from. */
interface Requester {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface TableColumn<T> {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: 'name' | '';
  readonly description?: string;
  /** The schema field whose description this column has (`io.k8s.api.core.v1.PodStatus.podIP`), when `description` is absent. */
  readonly describedBy?: string;
  /** 0 is shown always, 1 only with `-o wide`. */
  readonly priority?: 0 | 1;
  /** The cell; `now` is milliseconds since the epoch. Ages are rendered by the API server, as upstream does. */
  value(object: T, now: number): string | number | boolean | null;
}

/**
 * Everything a kind *does*; its shape (fields, types, required, descriptions) comes from the schema data.
 * Hooks get a mutable copy and may change it in place. Upstream: `pkg/registry/<group>/<kind>/strategy.go`,
 * `pkg/apis/<group>/<version>/defaults.go`, `pkg/apis/<group>/validation`, `pkg/printers/internalversion`.
 */
export interface ResourceDefinition<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly names: {
    readonly plural: string;
    readonly singular: string;
    readonly short?: readonly string[];
    readonly categories?: readonly string[];
  };
  /** Where it is not the kind with `List` after it. */
  readonly listKind?: string;
  readonly scope: 'Namespaced' | 'Cluster';
  /** The type of a custom resource. Absent, that is the built-in one of this group, version and kind. */
  readonly type?: StructuralType;
  /** What can be done with it, where that is not everything. */
  readonly verbs?: readonly string[];
  /** `/registry/<prefix>/…`; absent means the plural (core) or `<group>/<plural>`. */
  readonly storagePrefix?: string;
  /** The version objects of this kind are stored in, where it is an older one: what a rollback would read. */
  readonly storageVersion?: string;
  /** This version is a view of objects kept in another version's form: `encode` on the way in, `decode` on the way out (`pkg/apis/<group>/<version>/conversion.go`). */
  readonly storedAs?: { readonly definition: ResourceDefinition<any>; encode(object: T): KubeObject; decode(stored: any): T };
  /** The same objects in the other versions that are served: whose fields are whose is told in each manager's own. */
  otherVersions?(): readonly ResourceDefinition<any>[];
  /** Fills in what the writer left out. Runs on every decode of a create, update or patch result. */
  defaults?(object: T): void;
  /** The part of `defaults` that is about the status, which is all that runs when only that is written: the rest is stored and frozen. */
  defaultStatus?(object: T): void;
  /** What decoding from storage fills in once more, when validation is over; most defaults leave nothing to do then. */
  defaultsWhenStored?(object: T): void;
  /** Takes away what is behind a gate that is off, before anything else is prepared. */
  dropDisabledFields?(object: T): void;
  /** Clears or sets what a writer may not decide: status on create and update, spec on a status update. Absent means the usual. */
  prepareForCreate?(object: T, context: StrategyContext): void;
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
  prepareForStatusUpdate?(object: T, old: T, context: StrategyContext): void;
  validate?(object: T, path: FieldPath): FieldError[];
  validateUpdate?(object: T, old: T, path: FieldPath): FieldError[];
  validateStatusUpdate?(object: T, old: T, path: FieldPath): FieldError[];
  /** Checks `metadata.name`; returns upstream's sentences. Absent means a DNS-1123 subdomain. */
  validateName?(name: string): string[];
  /** A finalizer of such an object need be no more than a qualified name: `customresourcecleanup.apiextensions.k8s.io`. */
  readonly takesAnyFinalizer?: boolean;
  /** Said in a `Warning:` header of every answer about this version. */
  readonly deprecation?: string;
  /** Sentences for `Warning:` headers of a create or update. */
  warnings?(object: T, old?: T): string[];
  readonly subresources?: {
    readonly status?: boolean;
    readonly scale?: {
      readonly replicas: string;
      readonly statusReplicas: string;
      readonly selector: string;
      /** The selector is plain labels, as a ReplicationController's. */
      readonly isSelectorLabels?: boolean;
      /** The selector is text already, as a custom resource's status has it. */
      readonly isSelectorText?: boolean;
    };
    /** Other ways to update the same object, each with its own strategy: `approval`. */
    readonly parts?: Readonly<
      Record<
        string,
        {
          prepare(object: T, old: T, context: StrategyContext): void;
          validate(object: T, old: T): FieldError[];
          /** As a kind's: what would act upon such a change and is not there yet. */
          readonly notSimulated?: string;
        }
      >
    >;
  };
  /** `Validate…Update` ends with `Validate…`, so what is wrong with metadata is told once more. */
  readonly updateChecksAll?: boolean;
  /** What an update of status leaves alone besides spec, and so nobody owns by it: `metadata.labels` (`GetResetFields`). */
  readonly statusKeeps?: readonly string[];
  /** `metadata.generation` is kept and counts changes of spec; 'constant' stays 1. */
  readonly hasGeneration?: boolean | 'constant';
  /** PUT to a name that does not exist creates it. */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT and PATCH may leave `resourceVersion` out. */
  readonly allowUnconditionalUpdate?: boolean;
  /** What a deletion without `propagationPolicy` does to dependents. */
  readonly defaultDeletion?: 'background' | 'orphan';
  /** Said when a deletion leaves dependents alone only because nobody asked for anything. */
  readonly orphaningWarning?: string;
  /** A deletion answers the object instead of a Status (`ReturnDeletedObject`). */
  readonly returnsDeletedObject?: boolean;
  /** Seconds of grace a deletion grants, given what the request asked for; 0 is at once, and so is absent (`CheckGracefulDelete`). */
  gracePeriodSeconds?(object: T, requested?: number): number;
  /** Field selectors besides metadata.name and metadata.namespace. */
  selectableFields?(object: T): Readonly<Record<string, string>>;
  /** What is said about a field that is not selectable, where the kind has words of its own (`AddFieldLabelConversionFunc`). */
  unselectable?(field: string): string;
  /** What would act upon these objects and is not there yet: the end of the sentence in the Warning Event each of them gets when it is created. */
  readonly notSimulated?: string;
  /** Absent means Name and Age, as for any kind without printer columns. */
  readonly columns?: readonly TableColumn<T>[];
}

export function defineResource<T extends KubeObject>(definition: ResourceDefinition<T>): ResourceDefinition<T> {
  return definition;
}
