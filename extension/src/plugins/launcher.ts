import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { ILauncher } from '@jupyterlab/launcher';
import { field } from '../components/form';
import { ask } from '../dialogs/ask';
import { fileOf, openGraph, refuse } from '../dialogs/file';
import { opsnbIcon } from '../icons';
import { Failure } from '../request';
import { IOpsnb } from '../tokens';

export const NEW = 'opsnb:new-project';

interface ITemplate {
  template: string;
  what: string;
  steps: string;
}

const words = (template: string) => template.replace(/_/g, ' ').replace(/\brag\b/g, 'RAG');

/** A name that nothing in the folder has yet. */
async function freeName(app: JupyterFrontEnd, cwd: string, template: string): Promise<string> {
  const listed = await app.serviceManager.contents.get(cwd, { content: true });
  const taken = new Set((listed.content as { name: string }[]).map(entry => entry.name));
  let name = template.replace(/_/g, '-');
  for (let n = 2; taken.has(name); n++) {
    name = `${template.replace(/_/g, '-')}-${n}`;
  }
  return name;
}

/** Make the project, and open what a newcomer looks at first. */
async function make(opsnb: IOpsnb, cwd: string, template: ITemplate): Promise<boolean> {
  const { app, client, trans } = opsnb;
  const free = await freeName(app, cwd, template.template);
  return ask(opsnb, {
    title: trans.__('New Project: %1', words(template.template)),
    ok: trans.__('Create'),
    note: `${template.what} (${template.steps})`,
    groups: [
      {
        fields: [
          field('name', 'text', cwd ? trans.__('a new folder in %1', cwd) : trans.__('a new folder'), {
            default: free,
            required: true
          })
        ]
      }
    ],
    check: async (typed): Promise<Record<string, string>> =>
      /[\\/]|^\.+$/.test(typed.name ?? free) ? { name: trans.__('the name of one folder: no slashes') } : {},
    act: async typed => {
      const path = PathExt.join(cwd, typed.name ?? free);
      const made = await client.act<{ made: string }[]>('init', {
        folder: fileOf(opsnb, path).full,
        template: template.template
      });
      const names = made.map(row => PathExt.basename(row.made));
      const first =
        template.steps
          .split(', ')
          .map(step => `${step}.ipynb`)
          .find(name => names.includes(name)) ?? names.find(name => name.endsWith('.ipynb'));
      await app.commands
        .execute('filebrowser:open-path', { path, dontShowBrowser: true })
        .catch(() => undefined);
      if (first) {
        await app.commands.execute('docmanager:open', { path: PathExt.join(path, first) });
      }
      if (names.includes('pipeline.yaml')) {
        const file = PathExt.join(path, 'pipeline.yaml');
        if (opsnb.tab('dag')) {
          await openGraph(opsnb, fileOf(opsnb, file), true);
        } else {
          await app.commands.execute('docmanager:open', { path: file, options: { mode: 'split-right' } });
        }
      }
    }
  });
}

export const launcher: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:launcher',
  description: 'A launcher card for each template of opsnb',
  autoStart: true,
  requires: [IOpsnb],
  optional: [ILauncher],
  activate: (app: JupyterFrontEnd, opsnb: IOpsnb, cards: ILauncher | null) => {
    if (!cards) {
      return; // Notebook 7
    }
    const { trans } = opsnb;
    const known = new Map<string, ITemplate>();
    app.commands.addCommand(NEW, {
      label: args => (args.template ? words(String(args.template)) : trans.__('New Project…')),
      caption: args => known.get(String(args.template))?.what ?? trans.__('Start a project from a template'),
      icon: opsnbIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: { template: { type: 'string' }, cwd: { type: 'string' } },
          required: ['template']
        }
      },
      execute: async args => {
        const template = known.get(String(args.template));
        try {
          return template ? await make(opsnb, String(args.cwd ?? ''), template) : false;
        } catch (error) {
          if (!(error instanceof Failure)) {
            throw error;
          }
          await refuse(opsnb, trans.__('No project was made'), error);
          return false;
        }
      }
    });
    const add = async () => {
      if (!opsnb.live.card || known.size) {
        return;
      }
      const rows = await opsnb.client.read<ITemplate[]>('templates').catch(() => [] as ITemplate[]);
      for (const [rank, row] of rows.entries()) {
        if (!known.has(row.template)) {
          known.set(row.template, row);
          cards.add({
            command: NEW,
            args: { template: row.template },
            category: trans.__('opsnb'),
            categoryRank: 1.5,
            rank
          });
        }
      }
    };
    opsnb.live.cardChanged.connect(() => void add());
    void add();
  }
};
