import { memo } from '@/lib/base';

/** An image reference taken apart (`distribution/reference`). */
export interface ImageReference {
  /** `docker.io`, `registry.k8s.io`, `localhost:5000`. */
  readonly domain: string;
  /** `library/nginx`. */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/;
const domainPattern =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$/;

/**
 * What containerd understands by `name`: `nginx` is `docker.io/library/nginx:latest`.
 * A name that is none yields upstream's sentence as `error`.
 */
export const parseImageName = memo(parse, { max: 256, lengthMax: 512 });

function parse(name: string): ImageReference | { readonly error: string } {
  const { domain, remainder } = splitDomain(name);
  const at = remainder.indexOf('@');
  const digest = at < 0 ? undefined : remainder.slice(at + 1);
  const tagged = at < 0 ? remainder : remainder.slice(0, at);
  const colon = tagged.indexOf(':');
  const path = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1);
  if (path.toLowerCase() !== path) return { error: `invalid reference format: repository name (${path}) must be lowercase` };
  const isValid = domainPattern.test(domain) && path !== '' && path.split('/').every((part) => pathComponent.test(part));
  if (!isValid || (tag !== undefined && !tagPattern.test(tag)) || (digest !== undefined && !digestPattern.test(digest)))
    return { error: 'invalid reference format' };
  return { domain, path, tag: tag ?? (digest ? undefined : 'latest'), digest };
}

/** The name containerd stores an image under. */
export function canonicalName({ domain, path, tag, digest }: ImageReference): string {
  return `${repositoryName({ domain, path })}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}

export function repositoryName({ domain, path }: Pick<ImageReference, 'domain' | 'path'>): string {
  return `${domain}/${path}`;
}

function splitDomain(name: string): { domain: string; remainder: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasDomain = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  if (!hasDomain) return { domain: 'docker.io', remainder: name.includes('/') ? name : `library/${name}` };
  if (first === 'index.docker.io') return { domain: 'docker.io', remainder: name.slice(slash + 1) };
  const remainder = name.slice(slash + 1);
  return { domain: first, remainder: first === 'docker.io' && !remainder.includes('/') ? `library/${remainder}` : remainder };
}
