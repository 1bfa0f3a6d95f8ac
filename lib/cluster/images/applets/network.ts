import { httpReasons } from '../../network';
import type { HttpRequest, HttpResult } from '../../network/types';
import type { ProcessContext } from '../../runtime/program';
import { absolute, fail, nameOf, notSimulated, parseFlags, type Applet, type AppletResult } from './applet';

/** Commands that talk to the network. What they wait for is the time the network says the exchange took. */
export const networkApplets: Readonly<Record<string, Applet>> = { wget, nslookup, nc, ping: (ctx) => notSimulated(ctx, 'ICMP') };

export function statusLine(status: number): string {
  return `${status} ${httpReasons[status] ?? ''}`.trim();
}

interface Target {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** `web`, `web:8080/path`, `http://web/`: a scheme may be left out. */
export function parseTarget(text: string): Target | undefined {
  const match = /^(?:(https?):\/\/)?([^/:?#\s]+)(?::(\d{1,5}))?((?:\/|\?)[^#\s]*)?(?:#.*)?$/.exec(text);
  if (!match) return undefined;
  const [, scheme = 'http', host = '', port, rest = '/'] = match;
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  const number = port ? Number(port) : scheme === 'https' ? 443 : 80;
  return { url: `${scheme}://${host}${port ? `:${port}` : ''}${path}`, host, port: number, path };
}

/** An exchange and the redirects it leads to; time adds up. */
export function exchange(
  ctx: ProcessContext,
  request: HttpRequest,
  { redirects, timeoutMs }: { redirects: number; timeoutMs?: number },
): { result: HttpResult; tookMs: number; target: Target | undefined; hops: HttpResult[] } {
  let tookMs = 0;
  let target = parseTarget(request.url);
  const hops: HttpResult[] = [];
  for (let left = redirects; ; left--) {
    const result = ctx.http({ ...request, url: target?.url ?? request.url }, timeoutMs === undefined ? {} : { timeoutMs });
    tookMs += result.tookMs;
    hops.push(result);
    const location =
      result.type === 'response' && result.response.status >= 300 && result.response.status < 400
        ? result.response.headers.location
        : undefined;
    if (location === undefined || left <= 0 || !target) return { result, tookMs, target, hops };
    target = parseTarget(location.startsWith('/') ? target.url.replace(/^([a-z]+:\/\/[^/]+).*$/, `$1${location}`) : location);
  }
}

function wget(ctx: ProcessContext): AppletResult {
  const { flags, operands } = parseFlags(ctx.argv.slice(1), 'OTYUPo');
  const target = parseTarget(operands[0] ?? '');
  if (!target)
    return operands[0]
      ? fail(ctx, `not an http or ftp url: ${operands[0]}`)
      : {
          code: 1,
          stderr:
            'BusyBox v1.37.0 multi-call binary.\n\nUsage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR] [--post-data STR] [-T SEC] URL...\n',
        };
  const isQuiet = flags.has('q');
  const timeoutMs = flags.has('T') || flags.has('timeout') ? Number(flags.get('T') || flags.get('timeout')) * 1000 : 900_000;
  const header = /^([^:]+):\s*(.*)$/.exec(flags.get('header') ?? '');
  const body = flags.get('post-data');
  const request: HttpRequest = {
    method: flags.has('spider') ? 'HEAD' : body === undefined ? 'GET' : 'POST',
    url: target.url,
    headers: {
      host: target.host,
      'user-agent': flags.get('U') ?? 'Wget',
      connection: 'close',
      ...(header ? { [(header[1] as string).toLowerCase()]: header[2] as string } : {}),
    },
    ...(body === undefined ? {} : { body }),
  };
  const { result, tookMs, target: last } = exchange(ctx, request, { redirects: 5, timeoutMs });
  if (result.type === 'error') return { ...wgetError(ctx, result, last ?? target, isQuiet, tookMs), tookMs };
  const connecting = isQuiet
    ? ''
    : `Connecting to ${target.host}${target.port === 80 ? '' : `:${target.port}`} (${result.remoteIp}:${target.port})\n`;
  const { status, headers, body: received } = result.response;
  const shown = flags.has('S')
    ? `  HTTP/1.1 ${statusLine(status)}\n${Object.entries(headers)
        .map(([name, value]) => `  ${canonicalHeader(name)}: ${value}\n`)
        .join('')}  \n`
    : '';
  if (status >= 400)
    return { code: 1, stderr: `${connecting}${shown}wget: server returned error: HTTP/1.1 ${statusLine(status)}\n`, tookMs };
  if (flags.has('spider')) return { stderr: `${connecting}${shown}${isQuiet ? '' : 'remote file exists\n'}`, tookMs };
  return { ...save(ctx, flags.get('O'), target, received, isQuiet, connecting + shown), tookMs };
}

function save(ctx: ProcessContext, output: string | undefined, target: Target, body: string, isQuiet: boolean, said: string): AppletResult {
  if (output === '-')
    return {
      stdout: body,
      stderr:
        said +
        (isQuiet
          ? ''
          : `writing to stdout\n-                    100% |********************************| ${String(body.length).padStart(5)}  0:00:00 ETA\nwritten to stdout\n`),
    };
  const name = output ?? (target.path.split('?')[0]?.replace(/^.*\//, '') || 'index.html');
  if (output === undefined && ctx.files.exists(absolute(ctx, name)))
    return { code: 1, stderr: `${said}wget: can't open '${name}': File exists\n` };
  ctx.files.write(absolute(ctx, name), body);
  return {
    stderr:
      said +
      (isQuiet
        ? ''
        : `saving to '${name}'\n${name.padEnd(20)} 100% |********************************| ${String(body.length).padStart(5)}  0:00:00 ETA\n'${name}' saved\n`),
  };
}

function wgetError(
  ctx: ProcessContext,
  { error }: Extract<HttpResult, { type: 'error' }>,
  { host, port }: Target,
  isQuiet: boolean,
  _tookMs: number,
): AppletResult {
  if (error === 'could-not-resolve') return fail(ctx, `bad address '${host}${port === 80 ? '' : `:${port}`}'`);
  const address = /^\d+\.\d+\.\d+\.\d+$/.test(host)
    ? host
    : (ctx.resolve(host).answer.answers.findLast(({ type }) => type === 'A')?.value ?? host);
  const connecting = isQuiet ? '' : `Connecting to ${host}${port === 80 ? '' : `:${port}`} (${address}:${port})\n`;
  if (error === 'timeout') return { code: 1, stderr: `${connecting}wget: download timed out\n` };
  return {
    code: 1,
    stderr: `${connecting}wget: can't connect to remote host (${address}): ${error === 'refused' ? 'Connection refused' : 'No route to host'}\n`,
  };
}

export function canonicalHeader(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_whole, dash: string, letter: string) => dash + letter.toUpperCase());
}

function nslookup(ctx: ProcessContext): AppletResult {
  const { operands } = parseFlags(ctx.argv.slice(1));
  const [name = ''] = operands;
  if (!name)
    return { code: 1, stderr: 'BusyBox v1.37.0 multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n' };
  if (operands[1]) return notSimulated(ctx, 'another server');
  const { answer, server, tookMs } = ctx.resolve(name);
  const head = `Server:\t\t${server.replace(/:\d+$/, '')}\nAddress:\t${server}\n\n`;
  if (server === '') return { code: 1, stderr: `nslookup: can't connect to remote host (127.0.0.1): Connection refused\n` };
  const records = answer.answers.filter(({ type }) => type === 'A');
  if (answer.rcode === 'SERVFAIL' && records.length === 0)
    return { code: 1, stderr: ';; connection timed out; no servers could be reached\n\n', tookMs };
  if (records.length === 0)
    return {
      code: 1,
      stdout: `${head}** server can't find ${name}: ${answer.rcode === 'NOERROR' ? 'NXDOMAIN' : answer.rcode}\n\n`,
      tookMs,
    };
  const aliases = answer.answers
    .filter(({ type }) => type === 'CNAME')
    .map((record) => `${record.name}\tcanonical name = ${record.value}\n`)
    .join('');
  return { stdout: `${head}${aliases}${records.map((record) => `Name:\t${record.name}\nAddress: ${record.value}\n`).join('')}\n`, tookMs };
}

/** `nc -z host port`, with `-v` and `-w`: is somebody listening? */
function nc(ctx: ProcessContext): AppletResult {
  const { flags, operands } = parseFlags(ctx.argv.slice(1), 'wpqe');
  const [host = '', port = ''] = operands;
  if (flags.has('l') || !flags.has('z')) return notSimulated(ctx, flags.has('l') ? '-l' : 'anything but -z');
  const { type, tookMs } = ctx.connect(host, Number(port), flags.has('w') ? { timeoutMs: Number(flags.get('w')) * 1000 } : {});
  if (type === 'open') return { stderr: flags.has('v') ? `${host} (${host}:${port}) open\n` : '', tookMs };
  if (type === 'could-not-resolve') return { ...fail(ctx, `bad address '${host}'`), tookMs };
  const why = { refused: 'Connection refused', timeout: 'Connection timed out', unreachable: 'No route to host' }[type];
  return { code: 1, stderr: flags.has('v') || type !== 'refused' ? `${nameOf(ctx)}: ${host} (${host}:${port}): ${why}\n` : '', tookMs };
}
