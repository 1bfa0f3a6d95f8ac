import type { MDXComponents } from 'mdx/types';
import { lessonComponents } from '@/app/lessons/components';

export function useMDXComponents(components: MDXComponents): MDXComponents {
  return { ...lessonComponents, ...components };
}
