import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IOpsnb } from '../tokens';
import { RunsSection } from '../panels/runs';

export const runs: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:runs',
  description: 'Runs in the side panel, and their tabs',
  autoStart: true,
  requires: [IOpsnb],
  activate: (_: JupyterFrontEnd, opsnb: IOpsnb) => {
    opsnb.addSection({ id: 'runs', title: opsnb.trans.__('Runs'), rank: 10, body: RunsSection });
  }
};
