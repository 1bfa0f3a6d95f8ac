/** What a proxied page and its redirects must know to lead back through the proxy (`apimachinery/pkg/util/proxy/transport.go`). */
export interface Passage {
  /** `/api/v1/namespaces/default/pods/web/proxy`. */
  readonly prefix: string;
  /** Where the request went, and where the client believes to be. */
  readonly host: string;
  readonly askedHost: string;
}

/** A URL on the target becomes one through the proxy; relative ones and those of other hosts stay as they are. */
export function rewrittenUrl(url: string, { prefix, host, askedHost }: Passage): string {
  const [, authority, path = ''] = /^(?:[a-z][a-z\d+.-]*:)?(?:\/\/([^/?#]*))?(.*)$/is.exec(url) ?? [];
  if ((authority && authority !== host && authority !== askedHost) || !path.startsWith('/')) return url;
  return path.startsWith(prefix) ? path : `${prefix}${path}`;
}

const attributes: Readonly<Record<string, string>> = {
  a: 'href',
  applet: 'codebase',
  area: 'href',
  audio: 'src',
  base: 'href',
  blockquote: 'cite',
  body: 'background',
  button: 'formaction',
  command: 'icon',
  del: 'cite',
  embed: 'src',
  form: 'action',
  frame: 'longdesc|src',
  head: 'profile',
  html: 'manifest',
  iframe: 'longdesc|src',
  img: 'longdesc|src|usemap',
  input: 'src|usemap|formaction',
  ins: 'cite',
  link: 'href',
  object: 'classid|codebase|data|usemap',
  q: 'cite',
  script: 'src',
  source: 'src',
  video: 'poster|src',
};

/** Links in an HTML page. */
export function rewrittenPage(html: string, passage: Passage): string {
  return html.replace(/<([a-z]+)(\s[^<>]*)>/gi, (tag, name: string, rest: string) => {
    const names = attributes[name.toLowerCase()];
    if (!names) return tag;
    const rewritten = rest.replace(
      new RegExp(`(\\s(?:${names})\\s*=\\s*)("[^"]*"|'[^']*'|[^\\s"'>]+)`, 'gi'),
      (_attribute, before: string, value: string) => {
        const quote = /^["']/.exec(value)?.[0] ?? '';
        return `${before}${quote}${rewrittenUrl(quote ? value.slice(1, -1) : value, passage)}${quote}`;
      },
    );
    return `<${name}${rewritten}>`;
  });
}
