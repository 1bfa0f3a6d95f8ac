import type { ComponentType, ReactNode } from 'react';
import { Part } from '@/app/look/Glyph';
import { Flashcards, Manifest, SourceTour, Trace } from './blocks';
import { Cluster } from './Cluster';
import { Quiz } from './Quiz';

/** What a lesson's MDX may use without importing it. `Terminal` is added by the page, which knows where the transcripts are. */
export const lessonComponents: Readonly<Record<string, ComponentType<never>>> = {
  Cluster,
  Flashcards,
  Manifest,
  Part,
  Quiz,
  SourceTour,
  Trace,
  pre: Pre,
};

function Pre({ children }: { children?: ReactNode }) {
  return <pre tabIndex={0}>{children}</pre>;
}
