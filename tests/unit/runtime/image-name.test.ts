import { canonicalName, parseImageName } from '@/lib/cluster/runtime';

const canonical = (name: string) => {
  const parsed = parseImageName(name);
  return 'error' in parsed ? parsed.error : canonicalName(parsed);
};

describe('image names', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['curlimages/curl', 'docker.io/curlimages/curl:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['registry.k8s.io/kube-apiserver:v1.36.0', 'registry.k8s.io/kube-apiserver:v1.36.0'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    [`nginx@sha256:${'a'.repeat(64)}`, `docker.io/library/nginx@sha256:${'a'.repeat(64)}`],
  ])('%s stands for %s', (name, full) => expect(canonical(name)).toBe(full));

  test.each([
    ['UPPER/Case:Bad:Tag', 'invalid reference format: repository name (Case) must be lowercase'],
    ['nginx:', 'invalid reference format'],
    ['nginx:a b', 'invalid reference format'],
    ['-nginx', 'invalid reference format'],
  ])('%s is none', (name, error) => expect(canonical(name)).toBe(error));
});
