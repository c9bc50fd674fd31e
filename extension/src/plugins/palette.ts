import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { asValues } from '../components/form';
import { ask } from '../dialogs/ask';
import { fileOf, isNotebook, refuse } from '../dialogs/file';
import type { Field, VerbForm, VerbForms } from '../api';
import { Failure } from '../request';
import { ResultTab } from '../tabs/result';
import { IOpsnb } from '../tokens';

const MOST = 20_000; // characters of an answer that is kept over a reload

/** `run_notebook` is the command `opsnb:run-notebook`. */
export const commandOf = (verb: string) => `opsnb:${verb.replace(/_/g, '-')}`;

/** Ask a verb, or tell it to do something, and show what it says. */
async function say(opsnb: IOpsnb, verb: VerbForm, args: Record<string, unknown>): Promise<void> {
  const kept = args as ReadonlyPartialJSONObject;
  if (verb.rest === 'read') {
    await opsnb.client.read(verb.name, args as Record<string, string>); // wrong arguments are told in the dialog
    opsnb.open('result', { verb: verb.name, args: kept });
    return;
  }
  const value = await opsnb.client.act<ReadonlyPartialJSONObject>(verb.name, args);
  const short = JSON.stringify(value ?? null).length <= MOST;
  opsnb.open('result', {
    verb: verb.name,
    args: kept,
    at: new Date().toISOString(),
    value: short ? value : opsnb.trans.__('It was done; the answer is too long to be kept here.')
  });
}

/** Every verb of opsnb as a command, with a form for its arguments and a tab for its answer. */
export const palette: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:palette',
  description: 'Every verb of opsnb in the command palette',
  autoStart: true,
  requires: [IOpsnb],
  optional: [ICommandPalette, INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    opsnb: IOpsnb,
    commands: ICommandPalette | null,
    notebooks: INotebookTracker | null
  ) => {
    const { trans } = opsnb;
    opsnb.addTab({
      kind: 'result',
      title: args => String(args.verb).replace(/_/g, ' '),
      body: ResultTab
    });

    /** What is in front, where a verb asks for such a file. */
    const inFront = (fields: readonly Field[]): Record<string, string> => {
      const path = notebooks?.currentWidget?.context.path;
      const first = fields.find(f => f.required);
      const fits = path && isNotebook(path) && first && ['notebook', 'work', 'file'].includes(first.name);
      return fits ? { [first.name]: fileOf(opsnb, path).full } : {};
    };

    const run = async (verb: VerbForm, given: ReadonlyPartialJSONObject | undefined) => {
      try {
        if (given || verb.fields.length === 0) {
          await say(opsnb, verb, (given ?? {}) as Record<string, unknown>);
          return;
        }
        const needed = verb.fields.filter(f => f.required);
        const rest = verb.fields.filter(f => !f.required);
        await ask(opsnb, {
          title: `opsnb ${verb.command}`,
          ok: verb.rest === 'read' ? trans.__('Show') : trans.__('Do It'),
          note: verb.help,
          typed: inFront(verb.fields),
          groups:
            needed.length && rest.length > 4
              ? [{ fields: needed }, { title: trans.__('More'), fields: rest, folded: true }]
              : [{ fields: verb.fields }],
          act: typed => say(opsnb, verb, asValues(verb.fields, typed))
        });
      } catch (error) {
        if (!(error instanceof Failure)) {
          throw error;
        }
        await refuse(opsnb, `opsnb ${verb.command}`, error);
      }
    };

    let known = false;
    const add = async () => {
      if (known || !opsnb.live.card) {
        return;
      }
      known = true;
      const found = await opsnb.client.view<VerbForms>('verbs').catch(() => {
        known = false;
        return { verbs: [] };
      });
      for (const verb of found.verbs) {
        const command = commandOf(verb.name);
        if (app.commands.hasCommand(command)) {
          continue;
        }
        app.commands.addCommand(command, {
          label: trans.__('%1: %2', verb.command, verb.help),
          caption: verb.help,
          describedBy: {
            args: {
              type: 'object',
              properties: { args: { type: 'object', description: verb.fields.map(f => f.name).join(' ') } }
            }
          },
          execute: args => run(verb, args.args as ReadonlyPartialJSONObject | undefined)
        });
        commands?.addItem({ command, category: trans.__('opsnb') });
      }
    };
    opsnb.live.cardChanged.connect(() => void add());
    void add();
  }
};
