import { encodeBase64, httpReasons, type HttpRequest, type HttpResponse, type HttpResult } from '@/lib/cluster';
import { defineTool, ToolError, type Tool, type ToolContext } from '../tool';
import type { ToolNetwork } from './network';

interface CurlOptions {
  urls: string[];
  method: string | undefined;
  headers: [string, string][];
  data: string[];
  output: string | undefined;
  format: string;
  maxMs: number | undefined;
  connectMs: number | undefined;
  isRemoteName: boolean;
  isSilent: boolean;
  showsErrors: boolean;
  showsHeaders: boolean;
  isHead: boolean;
  isVerbose: boolean;
  isInsecure: boolean;
  followsRedirects: boolean;
  failsOnError: boolean;
  isGet: boolean;
}

type Setter = (options: CurlOptions, value: string) => void;

const switches: Readonly<Record<string, Setter>> = {
  s: (o) => void (o.isSilent = true),
  S: (o) => void (o.showsErrors = true),
  i: (o) => void (o.showsHeaders = true),
  I: (o) => void (o.isHead = true),
  v: (o) => void (o.isVerbose = true),
  k: (o) => void (o.isInsecure = true),
  L: (o) => void (o.followsRedirects = true),
  f: (o) => void (o.failsOnError = true),
  O: (o) => void (o.isRemoteName = true),
  G: (o) => void (o.isGet = true),
  N: () => undefined,
  '4': () => undefined,
  g: () => undefined,
};

const settings: Readonly<Record<string, Setter>> = {
  X: (o, value) => void (o.method = value),
  H: (o, value) => void o.headers.push(headerOf(value)),
  d: (o, value) => void o.data.push(value),
  A: (o, value) => void o.headers.push(['user-agent', value]),
  o: (o, value) => void (o.output = value),
  w: (o, value) => void (o.format = value),
  m: (o, value) => void (o.maxMs = seconds(value, '-m')),
  u: (o, value) => void o.headers.push(['authorization', `Basic ${encodeBase64(value)}`]),
  'connect-timeout': (o, value) => void (o.connectMs = seconds(value, '--connect-timeout')),
};

const long: Readonly<Record<string, string>> = {
  silent: 's',
  'show-error': 'S',
  include: 'i',
  head: 'I',
  verbose: 'v',
  insecure: 'k',
  location: 'L',
  fail: 'f',
  'remote-name': 'O',
  get: 'G',
  'no-buffer': 'N',
  ipv4: '4',
  globoff: 'g',
  request: 'X',
  header: 'H',
  data: 'd',
  'data-raw': 'd',
  'data-binary': 'd',
  'user-agent': 'A',
  output: 'o',
  'write-out': 'w',
  'max-time': 'm',
  user: 'u',
  'connect-timeout': 'connect-timeout',
};

/** curl 8 over the simulated network. */
export function createCurl(network: ToolNetwork): Tool {
  return defineTool({
    name: 'curl',
    summary: 'make an HTTP request',
    async run(context) {
      if (context.args[0] === '--version' || context.args[0] === '-V')
        return print(context, 'curl 8.14.1 (x86_64-pc-linux-gnu)\nProtocols: http https\n');
      const options = parse(context.args);
      if (options.urls.length === 0)
        throw new ToolError("curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information", 2);
      let exitCode = 0;
      for (const url of options.urls) exitCode = await transfer(network, context, options, url);
      return exitCode;
    },
  });
}

function parse(args: readonly string[]): CurlOptions {
  const options: CurlOptions = {
    urls: [],
    method: undefined,
    headers: [],
    data: [],
    output: undefined,
    format: '',
    maxMs: undefined,
    connectMs: undefined,
    isRemoteName: false,
    isSilent: false,
    showsErrors: false,
    showsHeaders: false,
    isHead: false,
    isVerbose: false,
    isInsecure: false,
    followsRedirects: false,
    failsOnError: false,
    isGet: false,
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg.startsWith('--')) takeLong(options, arg, rest);
    else if (arg.startsWith('-') && arg !== '-') takeShort(options, arg, rest);
    else options.urls.push(arg);
  }
  return options;
}

function takeLong(options: CurlOptions, arg: string, rest: string[]): void {
  const key = long[arg.slice(2)];
  if (key === undefined) throw unknown(arg);
  const set = switches[key];
  if (set) set(options, '');
  else settings[key]?.(options, valueOf(arg, rest));
}

function takeShort(options: CurlOptions, arg: string, rest: string[]): void {
  for (let index = 1; index < arg.length; index++) {
    const letter = arg[index] as string;
    const set = switches[letter];
    if (set) {
      set(options, '');
      continue;
    }
    const setting = settings[letter];
    if (!setting) throw unknown(`-${letter}`);
    return setting(options, arg.slice(index + 1) || valueOf(`-${letter}`, rest));
  }
}

function unknown(option: string): ToolError {
  return new ToolError(`curl: option ${option}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information`, 2);
}

function valueOf(option: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined)
    throw new ToolError(`curl: option ${option}: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information`, 2);
  return value;
}

function seconds(value: string, option: string): number {
  const parsed = Number(value);
  if (!(parsed >= 0))
    throw new ToolError(
      `curl: option ${option}: expected a proper numerical parameter\ncurl: try 'curl --help' or 'curl --manual' for more information`,
      2,
    );
  return Math.round(parsed * 1000);
}

async function transfer(network: ToolNetwork, context: ToolContext, options: CurlOptions, given: string): Promise<number> {
  const started = context.now();
  let url = absolute(given);
  for (let redirects = 0; ; redirects++) {
    const target = split(url);
    if (!target) return fail(context, options, 3, `URL rejected: Malformed input to a URL function`);
    if (target.scheme !== 'http' && target.scheme !== 'https')
      return fail(context, options, 1, `Protocol "${target.scheme}" not supported`);
    if (target.scheme === 'https' && !options.isInsecure)
      return fail(
        context,
        options,
        60,
        'SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the webpage mentioned above.',
      );
    const request = requestOf(options, url, target);
    const limit = Math.min(options.maxMs ?? Infinity, options.connectMs ?? Infinity);
    const result = network.http(request, Number.isFinite(limit) ? { timeoutMs: limit } : {});
    await context.sleep(result.tookMs);
    if (context.signal.aborted) return 130;
    if (result.type === 'error') return fail(context, options, ...problem(result, target, Number.isFinite(limit)));
    if (options.isVerbose) verbose(context, request, target, result);
    const location = result.response.headers['location'];
    if (options.followsRedirects && location && result.response.status >= 300 && result.response.status < 400 && redirects < 50) {
      url = absolute(location.startsWith('/') ? `${target.scheme}://${target.authority}${location}` : location);
      continue;
    }
    return deliver(context, options, url, target, result, context.now() - started);
  }
}

function requestOf(options: CurlOptions, url: string, target: Target): HttpRequest {
  const headers: Record<string, string> = { host: target.authority, 'user-agent': 'curl/8.14.1', accept: '*/*' };
  const data = options.data.join('&');
  const isPost = options.data.length > 0 && !options.isGet;
  if (isPost) headers['content-type'] = 'application/x-www-form-urlencoded';
  for (const [name, value] of options.headers) headers[name] = value;
  const method = options.method ?? (options.isHead ? 'HEAD' : isPost ? 'POST' : 'GET');
  const query = options.isGet && data ? `${url.includes('?') ? '&' : '?'}${data}` : '';
  return { method, url: url + query, headers, ...(isPost ? { body: data } : {}) };
}

function problem(result: Extract<HttpResult, { type: 'error' }>, target: Target, isLimited: boolean): [number, string] {
  switch (result.error) {
    case 'could-not-resolve':
      return [6, `Could not resolve host: ${target.host}`];
    case 'refused':
      return [7, `Failed to connect to ${target.host} port ${target.port} after ${result.tookMs} ms: Could not connect to server`];
    case 'unreachable':
      return [7, `Failed to connect to ${target.host} port ${target.port} after ${result.tookMs} ms: No route to host`];
    case 'timeout':
      return [
        28,
        isLimited
          ? `Connection timed out after ${result.tookMs} milliseconds`
          : `Failed to connect to ${target.host} port ${target.port} after ${result.tookMs} ms: Could not connect to server`,
      ];
  }
}

function fail(context: ToolContext, options: CurlOptions, exitCode: number, message: string): number {
  if (!options.isSilent || options.showsErrors) context.stderr(`curl: (${exitCode}) ${message}\n`);
  return exitCode;
}

function deliver(
  context: ToolContext,
  options: CurlOptions,
  url: string,
  target: Target,
  result: Extract<HttpResult, { type: 'response' }>,
  tookMs: number,
): number {
  const { response } = result;
  const isFailure = options.failsOnError && response.status >= 400;
  const body = options.isHead || isFailure ? '' : response.body;
  const head = options.showsHeaders || options.isHead ? headOf(response) : '';
  const path = options.output ?? (options.isRemoteName ? url.split('/').at(-1) || 'curl_response' : undefined);
  const isShown = path === undefined || path === '-';
  if (!options.isSilent && (!isShown || !context.isTerminal)) context.stderr(progressMeter(body.length, tookMs));
  if (isShown) context.stdout(head + body);
  else context.files.writeText(context.files.resolvePath(context.cwd, path), head + body);
  if (options.format) context.stdout(formatted(options.format, url, response, result.remoteIp, tookMs));
  if (isFailure) return fail(context, options, 22, `The requested URL returned error: ${response.status}`);
  if (isShown && head + body === '' && target.scheme === 'https' && response.status === 0)
    return fail(context, options, 52, 'Empty reply from server');
  return 0;
}

function headOf(response: HttpResponse): string {
  const lines = Object.entries(response.headers).map(([name, value]) => `${titled(name)}: ${value}\r\n`);
  return `HTTP/1.1 ${response.status} ${httpReasons[response.status] ?? ''}\r\n${lines.join('')}\r\n`;
}

function verbose(context: ToolContext, request: HttpRequest, target: Target, result: Extract<HttpResult, { type: 'response' }>): void {
  const sent = Object.entries(request.headers)
    .map(([name, value]) => `> ${titled(name)}: ${value}\n`)
    .join('');
  const received = headOf(result.response)
    .trimEnd()
    .split('\r\n')
    .map((line) => `< ${line}\n`)
    .join('');
  context.stderr(
    `*   Trying ${result.remoteIp}:${target.port}...\n* Connected to ${target.host} (${result.remoteIp}) port ${target.port}\n> ${request.method} ${target.path} HTTP/1.1\n${sent}>\n* Request completely sent off\n${received}<\n* Connection #0 to host ${target.host} left intact\n`,
  );
}

function formatted(format: string, url: string, response: HttpResponse, remoteIp: string, tookMs: number): string {
  const values: Readonly<Record<string, string>> = {
    http_code: String(response.status).padStart(3, '0'),
    response_code: String(response.status).padStart(3, '0'),
    url_effective: url,
    url,
    remote_ip: remoteIp,
    size_download: String(response.body.length),
    content_type: response.headers['content-type'] ?? '',
    time_total: (tookMs / 1000).toFixed(6),
    time_connect: (tookMs / 1000).toFixed(6),
    exitcode: '0',
    method: 'GET',
  };
  return format
    .replace(/%\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/%%/g, '%');
}

function progressMeter(bytes: number, tookMs: number): string {
  const rate = Math.round((bytes * 1000) / Math.max(tookMs, 1));
  const cell = (value: number, width: number): string =>
    (value >= 100_000 ? `${Math.floor(value / 1024)}k` : String(value)).padStart(width);
  return `  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n100 ${cell(bytes, 5)}  100 ${cell(bytes, 5)}    0     0 ${cell(rate, 6)}      0 --:--:-- --:--:-- --:--:-- ${cell(rate, 5)}\n`;
}

export interface Target {
  readonly scheme: string;
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export function absolute(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`;
}

/** The parts of an absolute URL; undefined where it is none. */
export function split(url: string): Target | undefined {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/(?:[^@/]*@)?(([^:/?#\s[\]]+|\[[^\]]+\])(?::(\d+))?)(\/[^\s#]*|\?[^\s#]*)?(?:#.*)?$/i.exec(url);
  if (!parts) return undefined;
  const [, scheme = '', authority = '', host = '', port, path = '/'] = parts;
  return {
    scheme: scheme.toLowerCase(),
    authority,
    host,
    port: port ? Number(port) : scheme === 'https' ? 443 : 80,
    path: path.startsWith('?') ? `/${path}` : path,
  };
}

function headerOf(value: string): [string, string] {
  const colon = value.indexOf(':');
  return colon < 0 ? [value.trim().toLowerCase(), ''] : [value.slice(0, colon).trim().toLowerCase(), value.slice(colon + 1).trim()];
}

function titled(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

function print(context: ToolContext, text: string): number {
  context.stdout(text);
  return 0;
}
