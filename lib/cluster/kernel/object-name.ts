import { memoOfTwo } from '@/lib/base';

/** `Pod/default/web`: what the trace calls an object, of its kind and `namespace/name`. The same few are named again and again. */
export const objectName = memoOfTwo((kind, key) => `${kind}/${key}`, { max: 512, lengthMax: 256 });
