import Markdown from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { CopyButton } from './CopyButton';
import styles from './TaskPane.module.css';

/** A lab's instructions: Markdown, nothing in it is run. Headings in it start below the step's own. */
export function Prose({ text }: { text: string }) {
  return (
    <div className={styles.prose}>
      <Markdown
        remarkPlugins={[remarkGfm]}
        components={{
          h1: ({ children }) => <h3>{children}</h3>,
          h2: ({ children }) => <h3>{children}</h3>,
          pre: ({ children }) => (
            <pre tabIndex={0}>
              {children}
              <CopyButton />
            </pre>
          ),
          a: ({ href, children }) => (
            <a href={href} {...(href?.startsWith('http') ? { target: '_blank', rel: 'noreferrer' } : {})}>
              {children}
            </a>
          ),
        }}
      >
        {text}
      </Markdown>
    </div>
  );
}
