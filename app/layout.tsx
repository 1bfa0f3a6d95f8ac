import './look/mantine.css';
import './look/tokens.css';
import './look/base.css';
import { ColorSchemeScript, mantineHtmlProps } from '@mantine/core';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { fontVariables } from './look/fonts';
import { Providers } from './look/Providers';

export const metadata: Metadata = {
  title: { default: 'Orrery: Kubernetes with the lid off', template: '%s · Orrery' },
  description: 'Learn how Kubernetes works on a working model of a cluster that you can run, stop, step and break.',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#F3F5F3' },
    { media: '(prefers-color-scheme: dark)', color: '#0C1314' },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" className={fontVariables} {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript defaultColorScheme="auto" />
      </head>
      <body>
        <a className="skip-link" href="#main">
          Skip to content
        </a>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
