import type { ComponentType } from 'react';
import { lessonComponents } from '@/app/lessons/components';

type Components = Readonly<Record<string, ComponentType<never>>>;

/** Next asks for this by name: what every MDX file may use. */
export function useMDXComponents(components: Components): Components {
  return { ...lessonComponents, ...components };
}
