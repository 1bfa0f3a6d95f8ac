import { defineImage, type Program } from '../runtime/program';
const sleep: Program<any> = { start(ctx) { ctx.after(Number(ctx.argv[1]) * 1000, 'wake'); return {}; }, onTimer(ctx, s) { ctx.exit(0); return s; } };
export const busybox = defineImage({ repository: 'busybox', tags: ['latest', '1.36', '1.37', '1.28'], sizeBytes: 2_156_519, cmd: ['sh'], programs: { '/bin/sleep': sleep } });
