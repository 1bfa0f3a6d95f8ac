import { images } from '@/lib/cluster/images/registry';
import { LoneContainer, ok } from '../../support/container';

const nginx = images.find(({ repository }) => repository === 'nginx');
if (!nginx) throw new Error('there is an image nginx');

function start(files: Record<string, string> = {}, argv = [...(nginx?.entrypoint ?? []), ...(nginx?.cmd ?? [])]) {
  return new LoneContainer({
    programs: nginx?.programs ?? {},
    files: { ...nginx?.files, ...files },
    env: { NGINX_VERSION: '1.27.5' },
    argv,
    http: ({ url }) => ok(`upstream ${url}`, 7),
  });
}

const server = (text: string) => ({ '/etc/nginx/conf.d/default.conf': `server { listen 80; ${text} }` });

describe('nginx', () => {
  test('welcomes on port 80 and logs each request', () => {
    const container = start();
    const response = container.request(80, 'http://10.244.1.2/', { headers: { 'user-agent': 'curl/8.17.0' } });
    expect(response).toMatchObject({
      status: 200,
      headers: { server: 'nginx/1.27.5', 'content-type': 'text/html', 'content-length': '615' },
    });
    expect(response.body).toContain('<h1>Welcome to nginx!</h1>');
    expect(container.stdout).toContain('/docker-entrypoint.sh: Configuration complete; ready for start up\n');
    expect(container.stdout).toContain('10.244.1.1 - - [05/Jan/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/8.17.0" "-"\n');
  });

  test('serves the files that are there now', () => {
    const container = start();
    container.files.write('/usr/share/nginx/html/index.html', 'mounted');
    expect(container.request(80, 'http://web/').body).toBe('mounted');
    expect(container.request(80, 'http://web/nope').status).toBe(404);
    expect(container.stderr).toContain('open() "/usr/share/nginx/html/nope" failed (2: No such file or directory)');
  });

  test('listens where its configuration says', () => {
    const container = start({
      '/etc/nginx/conf.d/default.conf': 'server { listen 8080; location / { return 200 "ok from $hostname\\n"; } }',
    });
    expect([...container.listeners.keys()]).toEqual([8080]);
    expect(container.request(8080, 'http://web:8080/').body).toBe('ok from web-1\n');
  });

  test('finds the location that fits best, redirects, tries files and adds headers', () => {
    const container = start(
      server(
        'add_header X-Env prod; root /usr/share/nginx/html; location = /healthz { return 204; } location /old { return 301 /new; } location / { try_files $uri /index.html; } location ~ \\.php$ { return 403; }',
      ),
    );
    expect(container.request(80, 'http://web/healthz').status).toBe(204);
    expect(container.request(80, 'http://web/old')).toMatchObject({ status: 301, headers: { location: '/new' } });
    expect(container.request(80, 'http://web/any/where')).toMatchObject({ status: 200, headers: { 'x-env': 'prod' } });
    expect(container.request(80, 'http://web/x.php').status).toBe(403);
  });

  test('passes requests on to an upstream, and says so when there is none', () => {
    const container = start(server('location /api/ { proxy_pass http://backend:8080/; }'));
    expect(container.request(80, 'http://web/api/users?x=1')).toMatchObject({ body: 'upstream http://backend:8080/users?x=1', tookMs: 7 });
  });

  test.each([
    ['server { listen 80; foo on; }', 'unknown directive "foo" in /etc/nginx/conf.d/default.conf:1'],
    ['server { listen 80;', 'unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:1'],
    ['server {\n  listen 80\n}', 'unexpected "}" in /etc/nginx/conf.d/default.conf:3'],
    ['upstream x { server a; }', 'directive "upstream" is not simulated in /etc/nginx/conf.d/default.conf:1'],
  ])('does not start with a configuration it does not understand: %j', (text, error) => {
    const container = start({ '/etc/nginx/conf.d/default.conf': text });
    expect(container.exitCode).toBe(1);
    expect(container.stderr).toContain(`nginx: [emerg] ${error}\n`);
  });

  test('stops gracefully at SIGQUIT and at SIGTERM', () => {
    expect(start().signal('SIGQUIT').exitCode).toBe(0);
    const container = start().signal('SIGTERM');
    expect(container).toMatchObject({ exitCode: 0 });
    expect(container.stderr).toContain('signal 15 (SIGTERM) received, exiting');
  });

  test('reads its configuration again at SIGHUP, and keeps the old one when the new one is wrong', () => {
    const container = start(server('location / { return 200 "one"; }'));
    container.files.write('/etc/nginx/conf.d/default.conf', 'server { listen 80; location / { return 200 "two"; } }');
    expect(container.request(80, 'http://web/').body).toBe('one');
    container.signal('SIGHUP');
    expect(container.request(80, 'http://web/').body).toBe('two');
    container.files.write('/etc/nginx/conf.d/default.conf', 'server { oops; }');
    container.signal('SIGHUP');
    expect(container.request(80, 'http://web/').body).toBe('two');
  });

  test('may be run through a shell that prepares its page', () => {
    const container = start({}, [
      '/bin/sh',
      '-c',
      'echo hello from $HOSTNAME > /usr/share/nginx/html/index.html; exec nginx -g "daemon off;"',
    ]);
    expect(container.request(80, 'http://web/').body).toBe('hello from\n');
    expect(container.signal('SIGQUIT').exitCode).toBe(0);
  });
});
