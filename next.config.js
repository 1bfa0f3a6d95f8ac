import createMDX from '@next/mdx';

const withMDX = createMDX({
  options: {
    remarkPlugins: ['remark-gfm', 'remark-frontmatter', ['remark-mdx-frontmatter', { name: 'frontmatter' }]],
    rehypePlugins: ['rehype-slug'],
  },
});

/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  devIndicators: false,
  // `npm run check` checks types; a start should not wait for it.
  typescript: { ignoreBuildErrors: true },
  allowedDevOrigins: ['127.0.0.1'],
  // These read files or threads of their own; bundling them would break that.
  serverExternalPackages: [
    '@electric-sql/pglite',
    '@prisma/client',
    '@prisma/adapter-pg',
    'pglite-prisma-adapter',
    'pg',
    'just-bash',
    'better-auth',
  ],
  turbopack: {
    resolveAlias: {
      // monaco-yaml still asks for the path this worker had before monaco-editor 0.57 declared its exports.
      'monaco-editor/esm/vs/editor/editor.worker.js': 'monaco-editor/editor/editor.worker.js',
    },
  },
  experimental: { optimizePackageImports: ['@mantine/core', '@mantine/hooks', 'lucide-react'] },
};

export default withMDX(config);
