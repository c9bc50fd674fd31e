import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { LabIcon } from '@jupyterlab/ui-components';
import { listIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { fileOf, isNotebook, isPipeline, openGraph, refuse, saved } from '../dialogs/file';
import type { IFile } from '../dialogs/file';
import { runFile, submitFile } from '../dialogs/run';
import { scheduleFile } from '../dialogs/schedule';
import { runFileIcon, scheduleIcon, submitIcon } from '../icons';
import { Failure } from '../request';
import { IOpsnb } from '../tokens';

export const RUN = 'opsnb:run-file';
export const SUBMIT = 'opsnb:submit-file';
export const PLAN = 'opsnb:plan-file';
export const SCHEDULE = 'opsnb:schedule-file';

interface IAction {
  id: string;
  label: string;
  caption: string;
  icon?: LabIcon;
  fits: (path: string) => boolean;
  /** It runs the file as it is now. */
  now?: boolean;
  act: (file: IFile) => Promise<unknown>;
}

const runnable = (path: string) => isNotebook(path) || isPipeline(path);

/** What can be done with notebooks and pipeline files: in the notebook's toolbar, the file browser, the palette. */
export const files: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:files',
  description: 'Run, plan, schedule and submit notebooks and pipeline files',
  autoStart: true,
  requires: [IOpsnb],
  optional: [INotebookTracker, IFileBrowserFactory, IDocumentManager, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    opsnb: IOpsnb,
    notebooks: INotebookTracker | null,
    browsers: IFileBrowserFactory | null,
    docs: IDocumentManager | null,
    palette: ICommandPalette | null
  ) => {
    const { trans } = opsnb;

    /** The file that is meant: named, chosen in the file browser, or the notebook in front. */
    const meant = (args: ReadonlyPartialJSONObject): string | null => {
      if (typeof args.path === 'string') {
        return args.path;
      }
      if (args.from === 'browser') {
        const chosen = browsers?.tracker.currentWidget?.selectedItems().next();
        return chosen && !chosen.done && chosen.value.type !== 'directory' ? chosen.value.path : null;
      }
      return notebooks?.currentWidget?.context.path ?? null;
    };

    const plan = async (file: IFile) => {
      if (opsnb.tab('dag')) {
        await openGraph(opsnb, file, true);
      } else {
        opsnb.open('result', { verb: 'plan_pipeline', args: { file: file.full, workspace: file.workspace } });
      }
    };

    const actions: IAction[] = [
      {
        id: RUN,
        label: trans.__('Run with opsnb…'),
        caption: trans.__('Run as a tracked step, with its parameters'),
        icon: runFileIcon,
        fits: runnable,
        now: true,
        act: file => runFile(opsnb, file)
      },
      {
        id: SUBMIT,
        label: trans.__('Submit as Job…'),
        caption: trans.__('Submit as a job: here or on a cluster'),
        icon: submitIcon,
        fits: runnable,
        now: true,
        act: file => submitFile(opsnb, file)
      },
      {
        id: PLAN,
        label: trans.__('Plan'),
        caption: trans.__('Which steps would run, and why; runs nothing'),
        icon: listIcon,
        fits: isPipeline,
        act: plan
      },
      {
        id: SCHEDULE,
        label: trans.__('Schedule…'),
        caption: trans.__('Run it at times or intervals'),
        icon: scheduleIcon,
        fits: runnable,
        act: file => scheduleFile(opsnb, file)
      }
    ];

    for (const action of actions) {
      app.commands.addCommand(action.id, {
        label: args => (args.toolbar ? '' : action.label),
        caption: action.caption,
        icon: action.icon,
        describedBy: {
          args: {
            type: 'object',
            properties: {
              path: { type: 'string', description: trans.__('the file, as the file browser names it') },
              from: { type: 'string', enum: ['browser'] },
              toolbar: { type: 'boolean' }
            }
          }
        },
        isVisible: args => {
          const path = meant(args);
          return args.from !== 'browser' || (path !== null && action.fits(path));
        },
        isEnabled: args => {
          const path = meant(args);
          return path !== null && action.fits(path);
        },
        execute: async args => {
          const path = meant(args);
          if (path === null) {
            return;
          }
          if (!opsnb.live.card) {
            await opsnb.live.refresh();
          }
          const file = fileOf(opsnb, path);
          try {
            if (opsnb.live.failure) {
              throw opsnb.live.failure;
            }
            if (!action.now || (await saved(opsnb, docs, file))) {
              await action.act(file);
            }
          } catch (error) {
            if (!(error instanceof Failure)) {
              throw error;
            }
            await refuse(opsnb, trans.__('%1: not possible', file.name), error);
          }
        }
      });
      palette?.addItem({ command: action.id, category: trans.__('opsnb') });
    }
    const changed = () => actions.forEach(action => app.commands.notifyCommandChanged(action.id));
    notebooks?.currentChanged.connect(changed);
  }
};
