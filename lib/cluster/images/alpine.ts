import { defineImage } from '../runtime/program';
import { alpinePrograms } from './applets';

export const alpineFiles = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n',
  '/etc/group': 'root:x:0:root\n',
  '/etc/alpine-release': '3.23.2\n',
  '/etc/os-release':
    'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.23.2\nPRETTY_NAME="Alpine Linux v3.23"\nHOME_URL="https://alpinelinux.org/"\n',
};

export const alpine = defineImage({
  repository: 'alpine',
  tags: ['latest', '3', '3.18', '3.19', '3.20', '3.21', '3.22', '3.23', '3.23.2', 'edge'],
  sizeBytes: 3_864_189,
  cmd: ['/bin/sh'],
  files: alpineFiles,
  programs: alpinePrograms(),
  tools: ['busybox'],
});
