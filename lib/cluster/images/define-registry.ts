import { assert, hash32, memo } from '@/lib/base';
import type { ImageRegistry, RegistryAnswer } from '../runtime/cri';
import { CriError } from '../runtime/cri-error';
import { canonicalName, parseImageName, repositoryName, type ImageReference } from '../runtime/image-name';
import type { ImageDefinition } from '../runtime/program';

/** Registries that exist on the simulated internet; any other name does not resolve. */
const knownRegistries = new Set([
  'docker.io',
  'registry.k8s.io',
  'k8s.gcr.io',
  'gcr.io',
  'ghcr.io',
  'quay.io',
  'mcr.microsoft.com',
  'public.ecr.aws',
]);

/** The simulated internet's image registries, answering in containerd's words. */
export function createRegistry(definitions: readonly ImageDefinition[], { resolver = '172.18.0.1:53' } = {}): ImageRegistry {
  const images = new Map(definitions.map((definition) => [repositoryOf(definition), definition]));
  return { resolve: (reference) => resolve(reference, images, resolver) };
}

function resolve(reference: ImageReference, images: ReadonlyMap<string, ImageDefinition>, resolver: string): RegistryAnswer {
  const { domain, path, tag } = reference;
  const name = canonicalName(reference);
  const fail = (code: 'Unknown' | 'NotFound', why: string): RegistryAnswer => ({
    type: 'error',
    error: new CriError(code, `failed to pull and unpack image ${JSON.stringify(name)}: failed to resolve image: ${why}`),
  });
  if (!knownRegistries.has(domain)) {
    const host = domain.replace(/:\d+$/, '');
    return fail(
      'Unknown',
      `failed to do request: Head "https://${domain}/v2/${path}/manifests/${tag ?? reference.digest}": dial tcp: lookup ${host} on ${resolver}: no such host`,
    );
  }
  const definition = images.get(repositoryName(reference));
  if (!definition && domain === 'docker.io')
    return fail(
      'Unknown',
      'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    );
  const found = definition && tagOf(definition, reference);
  if (!definition || !found) return fail('NotFound', `${name}: not found`);
  return {
    type: 'found',
    definition: definition.variants?.[found] ? { ...definition, ...definition.variants[found] } : definition,
    digest: digestOf(definition, found),
  };
}

function tagOf(definition: ImageDefinition, { tag, digest }: ImageReference): string | undefined {
  if (digest) return definition.tags.find((one) => digestOf(definition, one) === digest);
  return definition.tags.find((one) => one === tag);
}

function repositoryOf({ repository }: ImageDefinition): string {
  const parsed = parseImageName(repository);
  assert(!('error' in parsed), `not a repository: ${repository}`);
  return repositoryName(parsed);
}

/** Stands for the digest of the manifest; the same for the same repository and tag, everywhere and always. */
function digestOf({ repository }: ImageDefinition, tag: string): string {
  return digestOfName(`${repository}:${tag}`);
}

const digestOfName = memo(
  (name) => {
    let digest = '';
    for (let round = 0; round < 8; round++) digest += hash32(`${name}/${round}`).toString(16).padStart(8, '0');
    return `sha256:${digest}`;
  },
  { max: 256 },
);
