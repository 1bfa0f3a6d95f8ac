import { byteLength } from '@/lib/base';
import type { Instant } from '../kernel';
import type { HttpRequest, HttpResponse } from '../network/types';
import type { More } from './applets';
import { defineImage, type ImageDefinition, type ProcessContext, type Program } from '../runtime/program';
import { ConfigurationError, readServers, type Directive, type NginxLocation, type NginxServer } from './nginx-configuration';

/** What nginx keeps between two requests: its configuration as it was when it last read it. */
interface NginxState {
  readonly servers: readonly NginxServer[];
}

const errorLog = (at: Instant, level: string, text: string) =>
  `${new Date(at).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')} [${level}] 1#1: ${text}\n`;

const nginxProgram: Program<any> = {
  start(ctx): NginxState {
    const flags = ctx.argv.join(' ');
    if (/\s-[vV]\b/.test(flags)) return leave(ctx, 0, `nginx version: nginx/${versionOf(ctx)}\n`);
    try {
      const servers = readServers(ctx.files);
      if (/\s-[tT]\b/.test(flags))
        return leave(
          ctx,
          0,
          'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
        );
      if (/\s-s\b/.test(flags)) return signalServer(ctx);
      return serve(ctx, servers);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      ctx.stderr(errorLog(ctx.now, 'emerg', error.message));
      return leave(ctx, 1, `nginx: [emerg] ${error.message}\n`);
    }
  },
  onRequest(ctx, state: NginxState, request, peer) {
    const answer = respond(ctx, state, request, peer.port);
    const response = {
      ...answer,
      headers: { server: `nginx/${versionOf(ctx)}`, date: new Date(ctx.now).toUTCString(), ...answer.headers, connection: 'keep-alive' },
    };
    ctx.stdout(accessLine(ctx.now, request, response, peer.ip));
    return { state, response: request.method === 'HEAD' ? { ...response, body: '' } : response };
  },
  onSignal(ctx, state: NginxState, signal) {
    if (signal === 'SIGHUP') return reload(ctx, state);
    const names = {
      SIGQUIT: '3 (SIGQUIT) received, shutting down',
      SIGTERM: '15 (SIGTERM) received, exiting',
      SIGINT: '2 (SIGINT) received, exiting',
    } as const;
    const name = names[signal as keyof typeof names];
    if (!name) return state;
    ctx.stderr(errorLog(ctx.now, 'notice', `signal ${name}`));
    ctx.stderr(errorLog(ctx.now, 'notice', 'exit'));
    ctx.exit(0);
    return state;
  },
};

/** The image's entrypoint: tidies the configuration, says so, and becomes the command. */
const entrypoint = `if [ "$1" = "nginx" ] || [ "$1" = "nginx-debug" ]; then
  e=/docker-entrypoint
  echo "$e.sh: $e.d/ is not empty, will attempt to perform configuration"
  echo "$e.sh: Looking for shell scripts in $e.d/"
  for script in 10-listen-on-ipv6-by-default.sh 15-local-resolvers.envsh 20-envsubst-on-templates.sh 30-tune-worker-processes.sh; do
    echo "$e.sh: Launching $e.d/$script"
  done
  echo "$e.sh: Configuration complete; ready for start up"
fi
exec "$@"
`;

function versionOf({ env }: ProcessContext): string {
  return env.NGINX_VERSION ?? '1.29.4';
}

function leave(ctx: ProcessContext, code: number, message: string): NginxState {
  if (message) ctx.stderr(message);
  ctx.exit(code);
  return { servers: [] };
}

/** `nginx -s reload`, `quit`, `stop`. */
function signalServer(ctx: ProcessContext): NginxState {
  const wanted = ctx.argv[ctx.argv.indexOf('-s') + 1] ?? '';
  const signal = ({ reload: 'SIGHUP', quit: 'SIGQUIT', stop: 'SIGTERM' } as const)[wanted];
  if (!signal) return leave(ctx, 1, `nginx: invalid option: "-s ${wanted}"\n`);
  ctx.kill(1, signal);
  return leave(ctx, 0, '');
}

function serve(ctx: ProcessContext, servers: readonly NginxServer[]): NginxState {
  for (const port of new Set(servers.flatMap(({ ports }) => ports))) {
    if (ctx.listen(port)) continue;
    const message = `bind() to 0.0.0.0:${port} failed (98: Address already in use)`;
    ctx.stderr(errorLog(ctx.now, 'emerg', message));
    return leave(ctx, 1, `nginx: [emerg] ${message}\n`);
  }
  for (const text of [
    `using the "epoll" event method`,
    `nginx/${versionOf(ctx)}`,
    'built by gcc 14.2.0 (Debian 14.2.0-19)',
    'OS: Linux 6.12.48',
    'start worker processes',
    'start worker process 29',
  ])
    ctx.stderr(errorLog(ctx.now, 'notice', text));
  return { servers };
}

function reload(ctx: ProcessContext, state: NginxState): NginxState {
  ctx.stderr(errorLog(ctx.now, 'notice', 'signal 1 (SIGHUP) received, reconfiguring'));
  try {
    return { servers: readServers(ctx.files) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    ctx.stderr(errorLog(ctx.now, 'emerg', error.message));
    return state;
  }
}

// --- answering ----------------------------------------------------------------------------------------------------

function respond(ctx: ProcessContext, { servers }: NginxState, request: HttpRequest, port: number): HttpResponse {
  const { host, path } = targetOf(request);
  const server = pickServer(servers, host, port);
  if (!server) return errorPage(ctx, 404, 'Not Found');
  const location = pickLocation(server.locations, path);
  const find = (name: string) =>
    location?.directives.find((one) => one.name === name) ?? server.directives.find((one) => one.name === name);
  const headers = addedHeaders([...server.directives, ...(location?.directives ?? [])]);
  const answer = find('return')
    ? returned(ctx, find('return') as Directive, find('default_type'), request)
    : serveLocation(ctx, request, path, location, find);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function serveLocation(
  ctx: ProcessContext,
  request: HttpRequest,
  path: string,
  location: NginxLocation | undefined,
  find: (name: string) => Directive | undefined,
): HttpResponse {
  const proxy = find('proxy_pass');
  if (proxy) return forward(ctx, request, path, location, proxy.parameters[0] ?? '');
  if (request.method !== 'GET' && request.method !== 'HEAD') return errorPage(ctx, 405, 'Not Allowed');
  const alias = location?.directives.find(({ name }) => name === 'alias')?.parameters[0];
  const root = find('root')?.parameters[0] ?? '/etc/nginx/html';
  const toFile = (uri: string) => (alias && location ? alias + uri.slice(location.path.length) : root.replace(/\/$/, '') + uri);
  const indexes = find('index')?.parameters ?? ['index.html'];
  const tries = find('try_files')?.parameters;
  if (tries) return tryFiles(ctx, tries, path, toFile, indexes);
  return serveFile(ctx, path, toFile(path), indexes);
}

function serveFile(ctx: ProcessContext, uri: string, file: string, indexes: readonly string[]): HttpResponse {
  if (uri.endsWith('/')) {
    const index = indexes.map((name) => `${file.replace(/\/$/, '')}/${name}`).find((candidate) => ctx.files.read(candidate) !== undefined);
    if (index) return fileResponse(ctx, index);
    if (!ctx.files.isDirectory(file.replace(/\/$/, '') || '/')) return notFound(ctx, file);
    ctx.stderr(errorLog(ctx.now, 'error', `directory index of "${file}" is forbidden`));
    return errorPage(ctx, 403, 'Forbidden');
  }
  if (ctx.files.read(file) !== undefined) return fileResponse(ctx, file);
  if (ctx.files.isDirectory(file))
    return { ...errorPage(ctx, 301, 'Moved Permanently'), headers: { 'content-type': 'text/html', location: `${uri}/` } };
  return notFound(ctx, file);
}

function notFound(ctx: ProcessContext, file: string): HttpResponse {
  ctx.stderr(errorLog(ctx.now, 'error', `open() "${file}" failed (2: No such file or directory)`));
  return errorPage(ctx, 404, 'Not Found');
}

function tryFiles(
  ctx: ProcessContext,
  tries: readonly string[],
  uri: string,
  toFile: (uri: string) => string,
  indexes: readonly string[],
): HttpResponse {
  for (const attempt of tries.slice(0, -1)) {
    const candidate = attempt.replaceAll('$uri', uri);
    const file = toFile(candidate);
    const isDirectory = candidate.endsWith('/');
    if (
      isDirectory
        ? indexes.some((name) => ctx.files.read(`${file.replace(/\/$/, '')}/${name}`) !== undefined)
        : ctx.files.read(file) !== undefined
    )
      return serveFile(ctx, candidate, file, indexes);
  }
  const last = tries.at(-1) ?? '=404';
  if (last.startsWith('=')) return errorPage(ctx, Number(last.slice(1)), reasonOf(Number(last.slice(1))));
  return serveFile(ctx, last.replaceAll('$uri', uri), toFile(last.replaceAll('$uri', uri)), indexes);
}

function fileResponse(ctx: ProcessContext, file: string): HttpResponse {
  const body = ctx.files.read(file) ?? '';
  const modified = 'Tue, 09 Dec 2025 14:28:04 GMT';
  return {
    status: 200,
    headers: {
      'content-type': contentType(file),
      'content-length': String(byteLength(body)),
      'last-modified': modified,
      etag: `"69383a34-${byteLength(body).toString(16)}"`,
      'accept-ranges': 'bytes',
    },
    body,
  };
}

/** `proxy_pass http://web.default.svc/;`: a URI in it replaces the location's path. */
function forward(
  ctx: ProcessContext,
  request: HttpRequest,
  path: string,
  location: NginxLocation | undefined,
  target: string,
): HttpResponse {
  const [, origin = '', uri] = /^(https?:\/\/[^/]+)(\/.*)?$/.exec(target) ?? [];
  if (!origin) return errorPage(ctx, 500, 'Internal Server Error');
  const query = /\?.*$/.exec(request.url)?.[0] ?? '';
  const url = origin + (uri === undefined ? path : uri + path.slice(location?.path.length ?? 1)) + query;
  const result = ctx.http({ ...request, url }, { timeoutMs: 60_000 });
  if (result.type === 'response') return { ...result.response, tookMs: result.tookMs };
  ctx.stderr(
    errorLog(
      ctx.now,
      'error',
      `${result.error === 'timeout' ? 'upstream timed out (110: Operation timed out)' : result.error === 'could-not-resolve' ? 'could not be resolved' : 'connect() failed (111: Connection refused)'} while connecting to upstream, upstream: "${url}"`,
    ),
  );
  return {
    ...(result.error === 'timeout' ? errorPage(ctx, 504, 'Gateway Time-out') : errorPage(ctx, 502, 'Bad Gateway')),
    tookMs: result.tookMs,
  };
}

function returned(ctx: ProcessContext, { parameters }: Directive, type: Directive | undefined, request: HttpRequest): HttpResponse {
  const status = Number(parameters[0]);
  const text = (parameters[1] ?? '')
    .replaceAll('$hostname', ctx.hostname)
    .replaceAll('$uri', targetOf(request).path)
    .replaceAll('$request_uri', targetOf(request).path)
    .replaceAll('$host', targetOf(request).host);
  if (status >= 300 && status < 400)
    return { ...errorPage(ctx, status, reasonOf(status)), headers: { 'content-type': 'text/html', location: text } };
  if (parameters[1] === undefined) return status >= 400 ? errorPage(ctx, status, reasonOf(status)) : { status, headers: {}, body: '' };
  return {
    status,
    headers: { 'content-type': type?.parameters[0] ?? 'application/octet-stream', 'content-length': String(byteLength(text)) },
    body: text,
  };
}

function errorPage(ctx: ProcessContext, status: number, reason: string): HttpResponse {
  const body = `<html>\r\n<head><title>${status} ${reason}</title></head>\r\n<body>\r\n<center><h1>${status} ${reason}</h1></center>\r\n<hr><center>nginx/${versionOf(ctx)}</center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { 'content-type': 'text/html', 'content-length': String(body.length) }, body };
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Authorization Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  418: "I'm a teapot",
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

function reasonOf(status: number): string {
  return reasons[status] ?? '';
}

function pickServer(servers: readonly NginxServer[], host: string, port: number): NginxServer | undefined {
  const here = servers.filter(({ ports }) => ports.includes(port));
  return here.find(({ names }) => names.includes(host)) ?? here.find(({ isDefault }) => isDefault) ?? here[0];
}

/** Exact, then `^~`, then the first regular expression, then the longest prefix. */
function pickLocation(locations: readonly NginxLocation[], path: string): NginxLocation | undefined {
  const exact = locations.find((one) => one.modifier === '=' && one.path === path);
  if (exact) return exact;
  const prefixes = locations
    .filter((one) => (one.modifier === '' || one.modifier === '^~') && path.startsWith(one.path))
    .sort((a, b) => b.path.length - a.path.length);
  if (prefixes[0]?.modifier === '^~') return prefixes[0];
  return locations.find((one) => matchesRegExp(one, path)) ?? prefixes[0];
}

function matchesRegExp({ modifier, path: pattern }: NginxLocation, path: string): boolean {
  if (modifier !== '~' && modifier !== '~*') return false;
  try {
    return new RegExp(pattern, modifier === '~*' ? 'i' : '').test(path);
  } catch {
    return false;
  }
}

function addedHeaders(directives: readonly Directive[]): Record<string, string> {
  return Object.fromEntries(
    directives
      .filter(({ name }) => name === 'add_header')
      .map(({ parameters }) => [(parameters[0] ?? '').toLowerCase(), parameters[1] ?? '']),
  );
}

function targetOf(request: HttpRequest): { host: string; path: string } {
  const [, host = '', rest = '/'] = /^[a-z]+:\/\/([^/:?#]+)(?::\d+)?([^#]*)/.exec(request.url) ?? [];
  const path = rest.split('?')[0] || '/';
  return { host: request.headers.host?.replace(/:\d+$/, '') ?? host, path };
}

function accessLine(at: Instant, { method, url, headers }: HttpRequest, { status, body }: HttpResponse, peer: string): string {
  const [, path = '/'] = /^[a-z]+:\/\/[^/?#]+([^#]*)/.exec(url) ?? [];
  const stamp = new Date(at).toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1/$2/$3:$4 +0000');
  const sent = method === 'HEAD' ? 0 : byteLength(body);
  return `${peer} - - [${stamp}] "${method} ${path || '/'} HTTP/1.1" ${status} ${sent} "${headers.referer ?? '-'}" "${headers['user-agent'] ?? '-'}" "${headers['x-forwarded-for'] ?? '-'}"\n`;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  txt: 'text/plain',
  xml: 'text/xml',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  gif: 'image/gif',
  ico: 'image/x-icon',
};

function contentType(file: string): string {
  return types[/\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}

// --- the image ----------------------------------------------------------------------------------------------------

const welcome = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`;

const errorHtml = `<!DOCTYPE html>
<html>
<head>
<title>Error</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>An error occurred.</h1>
<p>Sorry, the page you are looking for is currently unavailable.<br/>
Please try again later.</p>
<p>If you are the system administrator of this resource then you should check
the error log for details.</p>
<p><em>Faithfully yours, nginx.</em></p>
</body>
</html>
`;

const nginxConf = `
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;


events {
    worker_connections  1024;
}


http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    #tcp_nopush     on;

    keepalive_timeout  65;

    #gzip  on;

    include /etc/nginx/conf.d/*.conf;
}
`;

const defaultConf = `server {
    listen       80;
    listen  [::]:80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

/** Tags that exist, and the version each is. */
const versions: Readonly<Record<string, string>> = {
  '1.14': '1.14.2',
  '1.14.2': '1.14.2',
  '1.16': '1.16.1',
  '1.16.1': '1.16.1',
  '1.18': '1.18.0',
  '1.19': '1.19.10',
  '1.20': '1.20.2',
  '1.21': '1.21.6',
  '1.21.6': '1.21.6',
  '1.22': '1.22.1',
  '1.23': '1.23.4',
  '1.24': '1.24.0',
  '1.25': '1.25.5',
  '1.25.5': '1.25.5',
  '1.26': '1.26.3',
  '1.26.3': '1.26.3',
  '1.27': '1.27.5',
  '1.27.5': '1.27.5',
  '1.28': '1.28.0',
  '1.28.0': '1.28.0',
  '1.29': '1.29.4',
  '1.29.4': '1.29.4',
  '1': '1.29.4',
  latest: '1.29.4',
  mainline: '1.29.4',
  stable: '1.28.0',
};

const alpineTags = [
  'alpine',
  'stable-alpine',
  'mainline-alpine',
  ...['1.25', '1.26', '1.27', '1.28', '1.29'].map((tag) => `${tag}-alpine`),
];

/** What an image has besides its server. */
export interface Userland {
  /** The commands there are, with `more` of the image's own among them. */
  readonly programs: (more: More) => Readonly<Record<string, Program>>;
  readonly tools: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

export function defineNginx(debian: Userland, alpine: Userland): ImageDefinition {
  const servers: More = { programs: { '/usr/sbin/nginx': nginxProgram }, scripts: { '/docker-entrypoint.sh': entrypoint } };
  const files = {
    '/usr/share/nginx/html/index.html': welcome,
    '/usr/share/nginx/html/50x.html': errorHtml,
    '/etc/nginx/nginx.conf': nginxConf,
    '/etc/nginx/conf.d/default.conf': defaultConf,
  };
  const alpineServers = alpine.programs(servers);
  const env = (version: string) => ({ NGINX_VERSION: version, PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' });
  const alpineVersion = (tag: string) => versions[tag.replace(/-?alpine$/, '') || 'latest'] ?? '1.29.4';
  return defineImage({
    repository: 'nginx',
    tags: [...Object.keys(versions), ...alpineTags],
    sizeBytes: 59_774_010,
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    stopSignal: 'SIGQUIT',
    files: { ...debian.files, ...files },
    programs: debian.programs(servers),
    tools: debian.tools,
    variants: {
      ...Object.fromEntries(Object.entries(versions).map(([tag, version]) => [tag, { env: env(version) }])),
      ...Object.fromEntries(
        alpineTags.map((tag) => [
          tag,
          {
            env: env(alpineVersion(tag)),
            sizeBytes: 22_463_092,
            programs: alpineServers,
            files: { ...alpine.files, ...files },
            tools: alpine.tools,
          },
        ]),
      ),
    },
  });
}
