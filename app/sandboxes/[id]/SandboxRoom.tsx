'use client';
import { useMemo } from 'react';
import { Workspace } from '@/app/workspace/Workspace';
import type { LabContent } from '@/lib/content';
import { connectSandbox } from '@/lib/realtime/client';

export function SandboxRoom({ sandboxId, lab }: { sandboxId: string; lab: LabContent }) {
  const link = useMemo(() => connectSandbox(sandboxId), [sandboxId]);
  return <Workspace lab={lab} link={link} sandboxId={sandboxId} back={{ href: '/instructor', name: 'Results' }} />;
}
