import { byteLength } from '@/lib/base';
import type { HttpRequest, HttpResponse, HttpResult } from '../../network/types';
import type { ProcessContext } from '../../runtime/program';
import { absolute, type Applet, type AppletResult } from './applet';
import { exchange, parseTarget, statusLine } from './network';

/** Flags that take a value, by every name they have. */
const valued: Readonly<Record<string, string>> = {
  '-X': 'request',
  '--request': 'request',
  '-d': 'data',
  '--data': 'data',
  '--data-raw': 'data',
  '--data-binary': 'data',
  '--json': 'json',
  '-H': 'header',
  '--header': 'header',
  '-o': 'output',
  '--output': 'output',
  '-w': 'write-out',
  '--write-out': 'write-out',
  '-m': 'max-time',
  '--max-time': 'max-time',
  '--connect-timeout': 'connect-timeout',
  '-A': 'user-agent',
  '--user-agent': 'user-agent',
  '-u': 'user',
  '--user': 'user',
  '-e': 'referer',
  '--referer': 'referer',
  '--retry': 'retry',
  '--retry-delay': 'retry-delay',
  '--retry-max-time': 'retry-max-time',
  '--max-redirs': 'max-redirs',
  '--url': 'url',
};
const plain: Readonly<Record<string, string>> = {
  s: 'silent',
  S: 'show-error',
  f: 'fail',
  i: 'include',
  I: 'head',
  v: 'verbose',
  L: 'location',
  k: 'insecure',
  g: 'globoff',
  G: 'get',
  N: 'no-buffer',
  O: 'remote-name',
  '4': 'ipv4',
};
const longNames = new Set([
  ...Object.values(plain),
  'no-progress-meter',
  'retry-connrefused',
  'retry-all-errors',
  'compressed',
  'http1.1',
  'fail-with-body',
  'no-keepalive',
  'version',
  'help',
  'progress-bar',
]);

interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly urls: readonly string[];
}

/** curl 8: one or more URLs over HTTP, its errors and its exit codes. */
export const curl: Applet = (ctx) => {
  const options = parse(ctx.argv.slice(1));
  if ('error' in options) return { code: 2, stderr: `curl: ${options.error}\ncurl: try 'curl --help' for more information\n` };
  if (options.flags.has('version')) return { stdout: 'curl 8.17.0 (x86_64-pc-linux-musl) libcurl/8.17.0\nProtocols: http https\n' };
  if (options.urls.length === 0) return { code: 2, stderr: "curl: (2) no URL specified\ncurl: try 'curl --help' for more information\n" };
  let result: AppletResult = {};
  for (const url of options.urls) {
    const next = transfer(ctx, options, url);
    result = {
      code: next.code ?? 0,
      stdout: (result.stdout ?? '') + (next.stdout ?? ''),
      stderr: (result.stderr ?? '') + (next.stderr ?? ''),
      tookMs: (result.tookMs ?? 0) + (next.tookMs ?? 0),
    };
  }
  return result;
};

function parse(words: readonly string[]): Options | { error: string } {
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const urls: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    const [long = '', inline] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];
    const name = valued[long];
    if (name) {
      const value = inline ?? words[++index];
      if (value === undefined) return { error: `option ${word}: requires parameter` };
      values.set(name, [...(values.get(name) ?? []), value]);
    } else if (word.startsWith('--')) {
      if (!longNames.has(word.slice(2))) return { error: `option ${word}: is unknown or not simulated` };
      flags.add(word.slice(2));
    } else if (/^-./.test(word)) {
      for (let at = 1; at < word.length; at++) {
        const letter = word[at] as string;
        const takes = valued[`-${letter}`];
        if (takes) {
          const value = word.slice(at + 1) || words[++index];
          if (value === undefined) return { error: `option -${letter}: requires parameter` };
          values.set(takes, [...(values.get(takes) ?? []), value]);
          break;
        }
        if (!plain[letter]) return { error: `option -${letter}: is unknown or not simulated` };
        flags.add(plain[letter] as string);
      }
    } else {
      urls.push(word);
    }
  }
  return { flags, values, urls: [...(values.get('url') ?? []), ...urls] };
}

function transfer(ctx: ProcessContext, options: Options, url: string): AppletResult {
  const { flags, values } = options;
  const target = parseTarget(url);
  if (!target) return failure(options, 3, `URL rejected: Malformed input to a URL function`, 0);
  const one = (name: string) => values.get(name)?.at(-1);
  const request = requestOf(options, target.url, target.host, target.port);
  const timeouts = [one('max-time'), one('connect-timeout')].filter((text) => text !== undefined).map((text) => Number(text) * 1000);
  const timeoutMs = timeouts.length ? Math.min(...timeouts) : undefined;
  const { result, tookMs, target: last, hops } = retried(ctx, options, request, timeoutMs);
  const { host, port } = last ?? target;
  if (result.type === 'error') return connectionFailure(options, result, host, port, tookMs);
  const { response } = result;
  const isFailure = (flags.has('fail') || flags.has('fail-with-body')) && response.status >= 400;
  const verbose = flags.has('verbose') ? dialogue(request, target.path, result, host, port) : '';
  const heads =
    flags.has('include') || flags.has('head')
      ? hops.flatMap((hop) => (hop.type === 'response' ? [headOf(hop.response)] : [])).join('')
      : '';
  const body = flags.has('head') || (isFailure && !flags.has('fail-with-body')) ? '' : response.body;
  const written = writeOut(one('write-out'), response, tookMs, result.remoteIp, target.url, hops.length - 1);
  const output = flags.has('remote-name') ? target.path.replace(/^.*\//, '') || 'curl_response' : one('output');
  const meter = flags.has('silent') || flags.has('no-progress-meter') || flags.has('verbose') ? '' : progress(byteLength(body), tookMs);
  if (output !== undefined && output !== '-') ctx.files.write(absolute(ctx, output), heads + body);
  const error =
    isFailure && (!flags.has('silent') || flags.has('show-error'))
      ? `curl: (22) The requested URL returned error: ${response.status}\n`
      : '';
  return {
    code: isFailure ? 22 : 0,
    stdout: (output === undefined || output === '-' ? heads + body : '') + written,
    stderr: meter + verbose + error,
    tookMs,
  };
}

/** `--retry`: transient errors are tried again after one second, then two, four … */
function retried(
  ctx: ProcessContext,
  { flags, values }: Options,
  request: HttpRequest,
  timeoutMs: number | undefined,
): ReturnType<typeof exchange> {
  const redirects = flags.has('location') ? Number(values.get('max-redirs')?.at(-1) ?? 50) : 0;
  const tries = Number(values.get('retry')?.at(-1) ?? 0);
  const delayMs = values.has('retry-delay') ? Number(values.get('retry-delay')?.at(-1)) * 1000 : undefined;
  let waitedMs = 0;
  for (let attempt = 0; ; attempt++) {
    const outcome = exchange(ctx, request, { redirects, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    const { result } = outcome;
    const isTransient =
      result.type === 'error'
        ? result.error === 'timeout' || flags.has('retry-all-errors') || (flags.has('retry-connrefused') && result.error === 'refused')
        : [408, 429, 500, 502, 503, 504].includes(result.response.status);
    if (!isTransient || attempt >= tries) return { ...outcome, tookMs: outcome.tookMs + waitedMs };
    waitedMs += outcome.tookMs + (delayMs ?? 1000 * 2 ** attempt);
  }
}

function requestOf({ flags, values }: Options, url: string, host: string, port: number): HttpRequest {
  const json = values.get('json');
  const data = values.get('data') ?? json;
  const headers: Record<string, string> = {
    host: port === 80 || port === 443 ? host : `${host}:${port}`,
    'user-agent': values.get('user-agent')?.at(-1) ?? 'curl/8.17.0',
    accept: '*/*',
  };
  if (data) headers['content-type'] = json ? 'application/json' : 'application/x-www-form-urlencoded';
  if (values.has('referer')) headers.referer = values.get('referer')?.at(-1) as string;
  for (const header of values.get('header') ?? []) {
    const match = /^([^:]+):\s*(.*)$/.exec(header);
    if (match) headers[(match[1] as string).toLowerCase()] = match[2] as string;
  }
  const method = values.get('request')?.at(-1) ?? (flags.has('head') ? 'HEAD' : data && !flags.has('get') ? 'POST' : 'GET');
  return {
    method,
    url: data && flags.has('get') ? `${url}${url.includes('?') ? '&' : '?'}${data.join('&')}` : url,
    headers,
    ...(data && !flags.has('get') ? { body: data.join(json ? '' : '&') } : {}),
  };
}

function connectionFailure(
  options: Options,
  result: Extract<HttpResult, { type: 'error' }>,
  host: string,
  port: number,
  tookMs: number,
): AppletResult {
  switch (result.error) {
    case 'could-not-resolve':
      return failure(options, 6, `Could not resolve host: ${host}`, tookMs);
    case 'timeout':
      return failure(
        options,
        28,
        tookMs >= 130_000
          ? `Failed to connect to ${host} port ${port} after ${tookMs} ms: Could not connect to server`
          : `Connection timed out after ${tookMs} milliseconds`,
        tookMs,
      );
    default:
      return failure(options, 7, `Failed to connect to ${host} port ${port} after ${tookMs} ms: Could not connect to server`, tookMs);
  }
}

function failure({ flags, values }: Options, code: number, message: string, tookMs: number): AppletResult {
  const isQuiet = flags.has('silent') && !flags.has('show-error');
  const meter = flags.has('silent') || flags.has('no-progress-meter') || flags.has('verbose') ? '' : progress(0, tookMs);
  const written = values.get('write-out')?.at(-1);
  return {
    code,
    stdout: written ? writeOut(written, { status: 0, headers: {}, body: '' }, tookMs, '', '', 0) : '',
    stderr: `${meter}${isQuiet ? '' : `curl: (${code}) ${message}\n`}`,
    tookMs,
  };
}

function headOf({ status, headers }: HttpResponse): string {
  return `HTTP/1.1 ${statusLine(status)}\r\n${Object.entries(headers)
    .map(
      ([name, value]) =>
        `${name.replace(/(^|-)([a-z])/g, (_whole, dash: string, letter: string) => dash + letter.toUpperCase())}: ${value}\r\n`,
    )
    .join('')}\r\n`;
}

function dialogue(
  request: HttpRequest,
  path: string,
  { response, remoteIp }: Extract<HttpResult, { type: 'response' }>,
  host: string,
  port: number,
): string {
  const asked = [
    `${request.method} ${path} HTTP/1.1`,
    ...Object.entries(request.headers).map(
      ([name, value]) =>
        `${name.replace(/(^|-)([a-z])/g, (_whole, dash: string, letter: string) => dash + letter.toUpperCase())}: ${value}`,
    ),
    '',
  ]
    .map((line) => `> ${line}\n`)
    .join('');
  const answered = headOf(response)
    .split('\r\n')
    .slice(0, -1)
    .map((line) => `< ${line}\n`)
    .join('');
  return `* Host ${host}:${port} was resolved.\n* IPv4: ${remoteIp}\n*   Trying ${remoteIp}:${port}...\n* Connected to ${host} (${remoteIp}) port ${port}\n${asked}* Request completely sent off\n${answered}* Connection #0 to host ${host} left intact\n`;
}

function writeOut(
  format: string | undefined,
  { status, headers, body }: HttpResponse,
  tookMs: number,
  remoteIp: string,
  url: string,
  redirects: number,
): string {
  if (format === undefined) return '';
  const values: Readonly<Record<string, string>> = {
    http_code: String(status).padStart(3, '0'),
    response_code: String(status).padStart(3, '0'),
    time_total: (tookMs / 1000).toFixed(6),
    time_connect: (tookMs / 2000).toFixed(6),
    size_download: String(byteLength(body)),
    remote_ip: remoteIp,
    url_effective: url,
    content_type: headers['content-type'] ?? '',
    num_redirects: String(redirects),
    exitcode: '0',
    redirect_url: headers.location ?? '',
  };
  return format
    .replace(/%\{([a-z_]+)\}/g, (_whole, name: string) => values[name] ?? '')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replaceAll('%%', '%');
}

/** The meter curl draws when its output is not a terminal, in its last state. */
function progress(bytes: number, tookMs: number): string {
  const speed = tookMs > 0 ? Math.round((bytes * 1000) / tookMs) : bytes * 1000;
  const short = (value: number) =>
    (value < 100_000 ? String(value) : value < 10_240_000 ? `${Math.round(value / 1024)}k` : `${Math.round(value / 1_048_576)}M`).padStart(
      5,
    );
  const percent = bytes > 0 ? '100' : '  0';
  const head =
    '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n';
  return `${head}\r${percent} ${short(bytes)}  ${percent} ${short(bytes)}    0     0 ${short(speed).padStart(6)}      0 --:--:-- --:--:-- --:--:-- ${short(speed)}\n`;
}
