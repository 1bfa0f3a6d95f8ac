import type { Instant } from '../kernel';
import { defineImage, type ProcessContext, type Program } from '../runtime/program';
import { debianPrograms, alpinePrograms } from './applets';
import { alpineFiles } from './alpine';
import { serveFile } from './busybox';

const root = '/usr/local/apache2/htdocs';
const page =
  '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html>\n<head>\n<title>It works! Apache httpd</title>\n</head>\n<body>\n<p>It works!</p>\n</body>\n</html>\n';

const stamp = (at: Instant) => new Date(at).toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1/$2/$3:$4 +0000');
const errorStamp = (at: Instant) =>
  `${new Date(at).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1 $3 $2 $5')}.000000 ${new Date(at).getUTCFullYear()}`;

/** Apache: the files of one directory, its logs on the standard streams. */
const apache: Program<any> = {
  start(ctx) {
    const port = Number(/^\s*Listen\s+(?:\S+:)?(\d+)/m.exec(ctx.files.read('/usr/local/apache2/conf/httpd.conf') ?? '')?.[1] ?? 80);
    ctx.stderr(
      `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${ctx.hostname}. Set the 'ServerName' directive globally to suppress this message\n`,
    );
    if (!ctx.listen(port)) {
      ctx.stderr(
        `(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:${port}\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n`,
      );
      ctx.exit(1);
      return null;
    }
    notice(ctx, 'mpm_event', 'AH00489: Apache/2.4.66 (Unix) configured -- resuming normal operations');
    notice(ctx, 'core', "AH00094: Command line: 'httpd -D FOREGROUND'");
    return {};
  },
  onRequest(ctx, state, request, peer) {
    const response = serveFile(ctx, root, request);
    const path = /^[a-z]+:\/\/[^/?#]+([^#]*)/.exec(request.url)?.[1] || '/';
    ctx.stdout(`${peer.ip} - - [${stamp(ctx.now)}] "${request.method} ${path} HTTP/1.1" ${response.status} ${response.body.length}\n`);
    return {
      state,
      response: {
        ...response,
        headers: { ...response.headers, server: 'Apache/2.4.66 (Unix)' },
        body: request.method === 'HEAD' ? '' : response.body,
      },
    };
  },
  onSignal(ctx, state, signal) {
    if (signal !== 'SIGTERM' && signal !== 'SIGINT') return state;
    notice(ctx, 'mpm_event', 'AH00491: caught SIGTERM, shutting down');
    ctx.exit(0);
    return state;
  },
};

function notice(ctx: ProcessContext, module: string, text: string): void {
  ctx.stderr(`[${errorStamp(ctx.now)}] [${module}:notice] [pid 1:tid 1] ${text}\n`);
}

const servers = { '/usr/local/bin/httpd-foreground': apache, '/usr/local/apache2/bin/httpd': apache };
const files = {
  [`${root}/index.html`]: page,
  '/usr/local/apache2/conf/httpd.conf': 'ServerRoot "/usr/local/apache2"\n\nListen 80\n\nDocumentRoot "/usr/local/apache2/htdocs"\n',
};
const path = '/usr/local/apache2/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const httpd = defineImage({
  repository: 'httpd',
  tags: ['latest', '2', '2.4', '2.4.54', '2.4.57', '2.4.58', '2.4.62', '2.4.63', '2.4.65', '2.4.66', 'alpine', '2.4-alpine', '2-alpine'],
  sizeBytes: 45_158_934,
  cmd: ['httpd-foreground'],
  env: { PATH: path, HTTPD_PREFIX: '/usr/local/apache2', HTTPD_VERSION: '2.4.66' },
  workingDir: '/usr/local/apache2',
  stopSignal: 'SIGTERM',
  files,
  programs: debianPrograms({ programs: servers }),
  tools: ['coreutils'],
  variants: Object.fromEntries(
    ['alpine', '2.4-alpine', '2-alpine'].map((tag) => [
      tag,
      { sizeBytes: 23_021_470, files: { ...alpineFiles, ...files }, programs: alpinePrograms({ programs: servers }), tools: ['busybox'] },
    ]),
  ),
});
