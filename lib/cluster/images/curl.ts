import { defineImage } from '../runtime/program';
import { alpineFiles } from './alpine';
import { alpinePrograms } from './applets';

/** Options and URLs go to curl, anything else is run. */
const entrypoint = `if [ "\${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ]; then
  set -- curl "$@"
fi
exec "$@"
`;

export const curl = defineImage({
  repository: 'curlimages/curl',
  tags: ['latest', '8.5.0', '8.8.0', '8.10.1', '8.11.1', '8.12.1', '8.13.0', '8.14.1', '8.15.0', '8.16.0', '8.17.0'],
  sizeBytes: 9_442_186,
  entrypoint: ['/entrypoint.sh'],
  cmd: ['curl', '--help'],
  user: 'curl_user',
  files: alpineFiles,
  programs: alpinePrograms({ scripts: { '/entrypoint.sh': entrypoint } }, { hasCurl: true }),
  tools: ['busybox', 'curl'],
});
