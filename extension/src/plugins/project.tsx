import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IOpsnb } from '../tokens';

/**
 * The panel shows the project of what the user works on: of the document in front, else of the folder in the file
 * browser. A tab of ours in front changes nothing, for it may be about another project than the folder beside it.
 */
export const project: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:project',
  description: 'Which project the opsnb panel shows',
  autoStart: true,
  requires: [IOpsnb],
  optional: [IDocumentManager, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    opsnb: IOpsnb,
    documents: IDocumentManager | null,
    browser: IDefaultFileBrowser | null
  ) => {
    const local = (path: string) => app.serviceManager.contents.localPath(path);
    const follow = () => {
      const widget = app.shell.currentWidget;
      const path = widget && documents?.contextForWidget(widget)?.path;
      if (path) {
        opsnb.live.follow(PathExt.dirname(local(path)));
      } else if (!widget?.id.startsWith('opsnb-') && browser) {
        opsnb.live.follow(local(browser.model.path));
      }
    };
    app.shell.currentChanged?.connect(follow);
    browser?.model.pathChanged.connect(follow);
    void app.restored.then(follow);
  }
};
