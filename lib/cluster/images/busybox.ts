import { byteLength } from '@/lib/base';
import type { HttpRequest, HttpResponse } from '../network/types';
import { defineImage, type ProcessContext, type Program } from '../runtime/program';
import { busyboxPrograms } from './applets';
import { absolute, parseFlags } from './applets/applet';

/** `busybox httpd -f -p 8080 -h /www`: files, and nothing else. In the background (`httpd` without `-f`) it does not exist here. */
const httpd: Program<any> = {
  start(ctx) {
    const { flags } = parseFlags(ctx.argv.slice(1), 'phcru');
    if (!flags.has('f')) {
      ctx.stderr('httpd: not simulated: running in the background (use -f)\n');
      ctx.exit(2);
      return null;
    }
    const port = Number((flags.get('p') ?? '80').replace(/^.*:/, ''));
    if (ctx.listen(port)) return { home: absolute(ctx, flags.get('h') ?? '.') };
    ctx.stderr('httpd: bind: Address in use\n');
    ctx.exit(1);
    return null;
  },
  onRequest: (ctx, state: { home: string }, request) => ({ state, response: serveFile(ctx, state.home, request) }),
};

export function serveFile(ctx: ProcessContext, home: string, request: HttpRequest): HttpResponse {
  const path = /^[a-z]+:\/\/[^/?#]+([^?#]*)/.exec(request.url)?.[1] || '/';
  const file = `${home}${path.endsWith('/') ? `${path}index.html` : path}`;
  const body = path.includes('..') ? undefined : ctx.files.read(file);
  const headers = (type: string, text: string) => ({
    date: new Date(ctx.now).toUTCString(),
    connection: 'close',
    'content-type': type,
    'content-length': String(byteLength(text)),
  });
  if (body !== undefined) return { status: 200, headers: headers(/\.html?$/.test(file) ? 'text/html' : 'text/plain', body), body };
  const missing =
    '<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n';
  return { status: 404, headers: headers('text/html', missing), body: missing };
}

export const busybox = defineImage({
  repository: 'busybox',
  tags: [
    'latest',
    '1.28',
    '1.31',
    '1.32',
    '1.33',
    '1.34',
    '1.35',
    '1.36',
    '1.36.1',
    '1.37',
    '1.37.0',
    'stable',
    'musl',
    'glibc',
    'uclibc',
    '1.36-musl',
    '1.37-musl',
  ],
  sizeBytes: 2_219_907,
  cmd: ['sh'],
  files: {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
    '/etc/group': 'root:x:0:\nnobody:x:65534:\n',
    '/etc/shadow': 'root::10933:0:99999:7:::\n',
  },
  programs: busyboxPrograms({ programs: { '/bin/httpd': httpd, '/usr/sbin/httpd': httpd } }),
  tools: ['busybox'],
});
