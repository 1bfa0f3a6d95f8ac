import { CommandError } from './errors';
import type { Client } from './client';

/** One kind of resource the server serves, as discovery names it. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  /** Whether this is the group's preferred version. */
  readonly isPreferred: boolean;
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** What the server serves, asked once per command by aggregated discovery. */
export class Discovery {
  readonly #client: Client;
  #resources: Promise<readonly ApiResource[]> | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  resources(): Promise<readonly ApiResource[]> {
    return (this.#resources ??= this.#load());
  }

  async #load(): Promise<readonly ApiResource[]> {
    const core = await this.#client.get('/api', { headers: { accept: aggregated } });
    const groups = await this.#client.get('/apis', { headers: { accept: aggregated } });
    return [...resourcesOf(core), ...resourcesOf(groups)];
  }

  /** The resource a word on the command line means: `po`, `pods`, `Pod`, `deployments.apps`, `deployments.v1.apps`. */
  async find(word: string): Promise<ApiResource | undefined> {
    const resources = await this.resources();
    const [head = '', ...rest] = word.toLowerCase().split('.');
    if (rest.length === 0) return lookUp(resources, head, () => true);
    const withVersion = lookUp(resources, head, (one) => one.version === rest[0] && one.group === rest.slice(1).join('.'));
    return (
      withVersion ??
      lookUp(resources, head, (one) => one.group === rest.join('.') || (one.group !== '' && one.group.startsWith(`${rest.join('.')}.`)))
    );
  }

  async get(word: string): Promise<ApiResource> {
    const found = await this.find(word);
    if (!found) throw noSuchType(word);
    return found;
  }

  /** The resource of an object's apiVersion and kind. */
  async findKind(apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    return (await this.resources()).find((one) => apiVersionOf(one) === apiVersion && one.kind === kind);
  }

  async inCategory(category: string): Promise<readonly ApiResource[]> {
    return (await this.resources()).filter((one) => one.isPreferred && one.categories.includes(category) && one.verbs.includes('list'));
  }
}

export function noSuchType(word: string): CommandError {
  const [resource = '', ...rest] = word.split('.');
  const group = rest.join('.');
  if (group && /^v\d+((alpha|beta)\d+)?\./.test(group)) {
    const [version, ...tail] = rest;
    return new CommandError(
      `the server doesn't have a resource type ${JSON.stringify(resource)} in group ${JSON.stringify(tail.join('.'))} and version ${JSON.stringify(version)}`,
    );
  }
  return new CommandError(
    `the server doesn't have a resource type ${JSON.stringify(resource)}${group ? ` in group ${JSON.stringify(group)}` : ''}`,
  );
}

function lookUp(resources: readonly ApiResource[], word: string, accepts: (resource: ApiResource) => boolean): ApiResource | undefined {
  const candidates = resources.filter(accepts);
  const ordered = [...candidates.filter((one) => one.isPreferred), ...candidates.filter((one) => !one.isPreferred)];
  return (
    ordered.find((one) => one.plural === word || one.singular === word) ??
    ordered.find((one) => one.shortNames.includes(word)) ??
    ordered.find((one) => one.kind.toLowerCase() === word)
  );
}

function resourcesOf(list: { items?: readonly any[] }): ApiResource[] {
  return (list.items ?? []).flatMap((group) =>
    (group.versions ?? []).flatMap((version: any, index: number) =>
      (version.resources ?? [])
        .filter((resource: any) => resource.responseKind?.kind)
        .map((resource: any) => ({
          group: group.metadata?.name ?? '',
          version: version.version,
          kind: resource.responseKind.kind,
          plural: resource.resource,
          singular: resource.singularResource || resource.responseKind.kind.toLowerCase(),
          namespaced: resource.scope === 'Namespaced',
          shortNames: resource.shortNames ?? [],
          categories: resource.categories ?? [],
          verbs: resource.verbs ?? [],
          subresources: (resource.subresources ?? []).map((one: any) => one.subresource),
          isPreferred: index === 0,
        })),
    ),
  );
}

export function apiVersionOf({ group, version }: Pick<ApiResource, 'group' | 'version'>): string {
  return group ? `${group}/${version}` : version;
}

/** `pods`, `deployments.apps`: the group-qualified plural. */
export function groupResource({ plural, group }: ApiResource): string {
  return group ? `${plural}.${group}` : plural;
}

/** `pod/web`, `deployment.apps/web`: an object's name as messages have it. */
export function objectName({ kind, group }: Pick<ApiResource, 'kind' | 'group'>, name: string): string {
  return `${kind.toLowerCase()}${group ? `.${group}` : ''}/${name}`;
}

export function pathOf(resource: ApiResource, namespace: string | undefined, name?: string, subresource?: string): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}${subresource ? `/${subresource}` : ''}`;
}
