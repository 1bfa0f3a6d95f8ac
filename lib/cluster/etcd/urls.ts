/** What is wrong with a member's URLs, as Go's `url.Parse` and etcd say it (`client/pkg/types/urls.go`); undefined where nothing is. */
export function problemOfUrls(urls: readonly string[]): string | undefined {
  for (const url of urls) {
    const problem = problemOf(url.trim());
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(url: string): string | undefined {
  const [, scheme = '', rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(url) ?? [];
  if (url.startsWith(':')) return `parse ${JSON.stringify(url)}: missing protocol scheme`;
  if (scheme === 'unix' || scheme === 'unixs') return undefined;
  if (scheme !== 'http' && scheme !== 'https') return `URL scheme must be http, https, unix, or unixs: ${url}`;
  const [, host = '', path = ''] = /^\/\/([^/?#]*)([^?#]*)/.exec(rest) ?? [];
  const odd = /[\s"<>\\^`{|}]/.exec(host)?.[0];
  if (odd !== undefined) return `parse ${JSON.stringify(url)}: invalid character ${JSON.stringify(odd)} in host name`;
  const port = /:([^:\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port))
    return `parse ${JSON.stringify(url)}: invalid port ${JSON.stringify(`:${port}`)} after host`;
  if (!/^(\[[^\]]*\]|[^:]*):\d*$/.test(host)) return `URL address does not have the form "host:port": ${url}`;
  return path === '' ? undefined : `URL must not contain a path: ${url}`;
}
