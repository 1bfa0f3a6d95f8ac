import { defineImage, type Program } from '../runtime/program';

/** Holds a Pod's namespaces, and does nothing until it is told to stop. */
export const pauseProgram: Program<any> = {
  start: () => null,
  onSignal(ctx, state, signal) {
    if (signal !== 'SIGINT' && signal !== 'SIGTERM') return state;
    ctx.stderr('Shutting down, got signal\n');
    ctx.exit(0);
    return state;
  },
};

export const pause = defineImage({
  repository: 'registry.k8s.io/pause',
  tags: ['3.6', '3.7', '3.8', '3.9', '3.10', '3.10.1', '3.10.2', 'latest'],
  sizeBytes: 318_731,
  entrypoint: ['/pause'],
  programs: { '/pause': pauseProgram },
});
