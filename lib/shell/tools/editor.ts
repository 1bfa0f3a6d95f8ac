import { defineTool, ToolError, type Tool } from '../tool';

/** Every editor's name opens the page's editor, which is the one there is. */
export const editors: readonly Tool[] = ['vim', 'vi', 'nano', 'code', 'emacs', 'edit'].map((name) =>
  defineTool({
    name,
    summary: 'open a file in the editor of this page',
    async run(context) {
      const given = context.args.findLast((arg) => !arg.startsWith('-') && !arg.startsWith('+'));
      if (given === undefined) throw new ToolError(`${name}: which file? (try: ${name} web.yaml)`);
      const path = context.files.resolvePath(context.cwd, given);
      if (context.files.kindOf(path) === 'directory') throw new ToolError(`${name}: ${given}: Is a directory`);
      const before = context.files.findText(path) ?? '';
      const text = await context.editor({ title: given, text: before });
      if (text !== null && text !== before) context.files.writeText(path, text);
      return 0;
    },
  }),
);
