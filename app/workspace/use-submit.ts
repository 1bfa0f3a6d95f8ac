'use client';
import { useRef, useState } from 'react';
import { useWorkspaceStore } from './use-workspace';

/** Sends the lab to be graded. One key per submission, kept until it is answered, so sending it again after a drop is the same submission. */
export function useSubmit(): { submit: () => Promise<void>; isGrading: boolean; failure: string | undefined } {
  const store = useWorkspaceStore();
  const key = useRef<string | undefined>(undefined);
  const [isGrading, setIsGrading] = useState(false);
  const [failure, setFailure] = useState<string | undefined>();
  const submit = async () => {
    key.current ??= randomKey();
    setIsGrading(true);
    setFailure(undefined);
    try {
      store.addSubmission(key.current, await store.link.ask('lab:submit', { key: key.current }));
      key.current = undefined;
    } catch (error) {
      setFailure(`It was not graded: ${(error as Error).message}`);
    } finally {
      setIsGrading(false);
    }
  };
  return { submit, isGrading, failure };
}

/** `crypto.randomUUID` is only there on https and localhost. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
