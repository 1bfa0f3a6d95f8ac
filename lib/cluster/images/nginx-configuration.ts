import { deepEqual, deepFreeze } from '@/lib/base';
import type { Files } from '../runtime/program';

/** One directive of an nginx configuration file, with the block it opens. */
export interface Directive {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly block: readonly Directive[] | undefined;
  readonly file: string;
  readonly line: number;
}

export interface NginxLocation {
  readonly modifier: '' | '=' | '^~' | '~' | '~*';
  readonly path: string;
  readonly directives: readonly Directive[];
}

export interface NginxServer {
  readonly ports: readonly number[];
  readonly names: readonly string[];
  readonly isDefault: boolean;
  readonly directives: readonly Directive[];
  readonly locations: readonly NginxLocation[];
}

/** What nginx says when it does not understand its configuration: `unknown directive "foo" in /etc/nginx/nginx.conf:3`. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

export const mainFile = '/etc/nginx/nginx.conf';

type Source = Pick<Files, 'read' | 'list'>;

interface Reading {
  /** Every question asked of the file system, and its answer. */
  readonly answers: readonly { readonly path: string; readonly text: string | undefined; readonly names: readonly string[] | undefined }[];
  readonly servers: readonly NginxServer[];
}

const readings: Reading[] = [];
const readingsMax = 16;

/** The servers of an nginx configuration, includes followed. The same files give the same frozen value, which many containers share. Throws `ConfigurationError`. */
export function readServers(files: Files): readonly NginxServer[] {
  const known = readings.find(({ answers }) =>
    answers.every(({ path, text, names }) => (names ? deepEqual(files.list(path), names) : files.read(path) === text)),
  );
  if (known) return known.servers;
  const answers: Reading['answers'][number][] = [];
  const noting: Source = {
    read: (path) => {
      const text = files.read(path);
      answers.push({ path, text, names: undefined });
      return text;
    },
    list: (path) => {
      const names = files.list(path);
      answers.push({ path, text: undefined, names });
      return names;
    },
  };
  const servers = deepFreeze(parseServers(noting));
  if (readings.push({ answers, servers }) > readingsMax) readings.shift();
  return servers;
}

function parseServers(files: Source): NginxServer[] {
  const http = parseFile(files, mainFile).filter(({ name }) => name === 'http');
  const servers = http.flatMap(({ block = [] }) => block).filter(({ name }) => name === 'server');
  return servers.map(({ block = [] }) => serverOf(block));
}

function serverOf(directives: readonly Directive[]): NginxServer {
  const listens = directives.filter(({ name }) => name === 'listen');
  return {
    ports: listens.length ? [...new Set(listens.map(({ parameters, file, line }) => portOf(parameters[0] ?? '', file, line)))] : [80],
    names: directives.filter(({ name }) => name === 'server_name').flatMap(({ parameters }) => parameters),
    isDefault: listens.some(({ parameters }) => parameters.includes('default_server')),
    directives,
    locations: directives.filter(({ name }) => name === 'location').map(locationOf),
  };
}

function locationOf({ parameters, block = [] }: Directive): NginxLocation {
  const [first = '/', second] = parameters;
  if (second === undefined) return { modifier: '', path: first, directives: block };
  return { modifier: first as NginxLocation['modifier'], path: second, directives: block };
}

/** `80`, `0.0.0.0:8080`, `[::]:80`, `localhost:8000`. */
function portOf(address: string, file: string, line: number): number {
  const port = /^(?:.*:)?(\d+)$/.exec(address)?.[1];
  if (port === undefined) {
    if (/^[\w.-]+$/.test(address)) return 80;
    throw new ConfigurationError(`invalid parameter ${JSON.stringify(address)} in ${file}:${line}`);
  }
  return Number(port);
}

const honoured = [
  'http',
  'server',
  'listen',
  'server_name',
  'location',
  'root',
  'alias',
  'index',
  'return',
  'add_header',
  'default_type',
  'proxy_pass',
  'error_page',
  'access_log',
  'error_log',
  'try_files',
  'include',
  'events',
  'autoindex',
];
/** Understood by nginx, and without effect on what is simulated of it. */
const harmless = [
  'user',
  'worker_processes',
  'pid',
  'worker_connections',
  'log_format',
  'sendfile',
  'tcp_nopush',
  'tcp_nodelay',
  'keepalive_timeout',
  'gzip',
  'gzip_types',
  'types',
  'charset',
  'server_tokens',
  'etag',
  'expires',
  'proxy_set_header',
  'proxy_http_version',
  'proxy_redirect',
  'proxy_read_timeout',
  'proxy_connect_timeout',
  'proxy_send_timeout',
  'proxy_buffering',
  'client_max_body_size',
  'resolver',
  'multi_accept',
  'use',
  'daemon',
  'worker_rlimit_nofile',
  'server_names_hash_bucket_size',
  'types_hash_max_size',
  'internal',
  'http2',
  'large_client_header_buffers',
  'client_body_temp_path',
  'proxy_temp_path',
  'fastcgi_temp_path',
  'uwsgi_temp_path',
  'scgi_temp_path',
  'absolute_redirect',
  'port_in_redirect',
];
const notSimulated = [
  'upstream',
  'rewrite',
  'if',
  'set',
  'map',
  'geo',
  'stub_status',
  'auth_basic',
  'auth_basic_user_file',
  'limit_req',
  'limit_req_zone',
  'limit_conn',
  'fastcgi_pass',
  'uwsgi_pass',
  'grpc_pass',
  'stream',
  'mail',
  'ssl_certificate',
  'ssl_certificate_key',
  'ssl',
  'sub_filter',
  'allow',
  'deny',
  'split_clients',
  'load_module',
  'env',
  'js_import',
];

function parseFile(files: Source, path: string, depth = 0): Directive[] {
  const text = files.read(path);
  if (text === undefined) throw new ConfigurationError(`open() "${path}" failed (2: No such file or directory)`);
  const tokens = tokenize(text, path);
  const { directives, next } = parseBlock(files, tokens, 0, path, depth);
  const extra = tokens[next];
  if (extra) throw new ConfigurationError(`unexpected "}" in ${path}:${extra.line}`);
  return directives;
}

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly line: number;
}

function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const [whole] of text.matchAll(/\n|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|[^\s{};"'#][^\s{};]*(?:\{[^}]*\})?|["']/g)) {
    if (whole === '\n') line++;
    else if (whole.startsWith('#')) continue;
    else if (whole === '"' || whole === "'")
      throw new ConfigurationError(`unexpected end of file, expecting ";" or "}" in ${file}:${line}`);
    else {
      const isQuoted = /^["']/.test(whole);
      tokens.push({
        text: isQuoted
          ? whole
              .slice(1, -1)
              .replace(/\\(["'\\])/g, '$1')
              .replaceAll('\\n', '\n')
          : whole,
        isQuoted,
        line,
      });
      line += whole.split('\n').length - 1;
    }
  }
  return tokens;
}

function parseBlock(
  files: Source,
  tokens: readonly Token[],
  from: number,
  file: string,
  depth: number,
): { directives: Directive[]; next: number } {
  const directives: Directive[] = [];
  let words: Token[] = [];
  let index = from;
  for (; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    if (token.isQuoted || !['{', '}', ';'].includes(token.text)) {
      words.push(token);
      continue;
    }
    if (token.text === '}') {
      if (words.length > 0) throw new ConfigurationError(`unexpected "}" in ${file}:${token.line}`);
      return { directives, next: depth === 0 && from === 0 ? index : index + 1 };
    }
    const [name, ...parameters] = words;
    if (!name) throw new ConfigurationError(`unexpected "${token.text}" in ${file}:${token.line}`);
    words = [];
    checkName(name, file);
    const directive = { name: name.text, parameters: parameters.map(({ text }) => text), file, line: name.line };
    if (token.text === ';') {
      if (name.text === 'include') directives.push(...included(files, directive.parameters[0] ?? '', depth));
      else directives.push({ ...directive, block: undefined });
      continue;
    }
    const inner = name.text === 'types' ? skipBlock(tokens, index + 1) : parseBlock(files, tokens, index + 1, file, depth);
    directives.push({ ...directive, block: inner.directives });
    index = inner.next - 1;
  }
  if (words.length > 0)
    throw new ConfigurationError(`unexpected end of file, expecting ";" or "}" in ${file}:${(words.at(-1) as Token).line}`);
  if (from > 0) throw new ConfigurationError(`unexpected end of file, expecting "}" in ${file}:${tokens.at(-1)?.line ?? 1}`);
  return { directives, next: index };
}

function skipBlock(tokens: readonly Token[], from: number): { directives: Directive[]; next: number } {
  const end = tokens.findIndex(({ text }, index) => index >= from && text === '}');
  return { directives: [], next: end < 0 ? tokens.length : end + 1 };
}

function checkName({ text, line }: Token, file: string): void {
  if (honoured.includes(text) || harmless.includes(text)) return;
  if (notSimulated.includes(text) || /^(ssl|proxy|fastcgi|gzip|limit|auth|http2|http3|open_file|client|keepalive)_/.test(text))
    throw new ConfigurationError(`directive "${text}" is not simulated in ${file}:${line}`);
  throw new ConfigurationError(`unknown directive "${text}" in ${file}:${line}`);
}

/** `include /etc/nginx/conf.d/*.conf;` */
function included(files: Source, pattern: string, depth: number): Directive[] {
  if (depth > 8) throw new ConfigurationError(`too many nested includes`);
  const path = pattern.startsWith('/') ? pattern : `/etc/nginx/${pattern}`;
  if (path.endsWith('/mime.types')) return [];
  if (!path.includes('*')) return parseFile(files, path, depth + 1);
  const directory = path.slice(0, path.lastIndexOf('/'));
  const matcher = new RegExp(
    `^${path
      .slice(directory.length + 1)
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^/]*')}$`,
  );
  return files
    .list(directory)
    .filter((name) => matcher.test(name) && !name.startsWith('.'))
    .flatMap((name) => parseFile(files, `${directory}/${name}`, depth + 1));
}
