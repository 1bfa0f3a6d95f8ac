import { problemOfUrls } from '@/lib/cluster/etcd';

test.each([
  ['notaurl', 'URL scheme must be http, https, unix, or unixs: notaurl'],
  ['ftp://a:1', 'URL scheme must be http, https, unix, or unixs: ftp://a:1'],
  ['http://a', 'URL address does not have the form "host:port": http://a'],
  ['http://a:1/path', 'URL must not contain a path: http://a:1/path'],
  ['http://a:b', 'parse "http://a:b": invalid port ":b" after host'],
  ['http://a b:1', 'parse "http://a b:1": invalid character " " in host name'],
  [':a', 'parse ":a": missing protocol scheme'],
  ['https://10.0.0.1:2380', undefined],
  ['http://[::1]:2380', undefined],
  ['unix:///run/etcd', undefined],
])('of %s is said: %s', (url, problem) => {
  expect(problemOfUrls(['http://a:1', url])).toBe(problem);
});
