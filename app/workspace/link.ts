export type { Connection, SandboxConnection as SandboxLink, SandboxListener as LinkListener } from '@/lib/realtime/client';
