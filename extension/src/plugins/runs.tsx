import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { JobsSection } from '../panels/jobs';
import { MachineSection } from '../panels/machine';
import { RunsSection } from '../panels/runs';
import { ComparisonTab } from '../tabs/comparison';
import { JobTab } from '../tabs/job';
import { RunTab } from '../tabs/run';
import { IOpsnb } from '../tokens';

const named = (args: ReadonlyPartialJSONObject, id: string) =>
  String(args.name || args[id] || '').slice(0, 80);

export const runs: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:runs',
  description: 'Runs, jobs and the machine in the side panel, and the tabs of runs, comparisons and jobs',
  autoStart: true,
  requires: [IOpsnb],
  activate: (_: JupyterFrontEnd, opsnb: IOpsnb) => {
    const { trans } = opsnb;
    opsnb.addTab({ kind: 'run', title: args => named(args, 'run'), body: RunTab });
    opsnb.addTab({
      kind: 'comparison',
      title: args => trans.__('Compare %1 runs', Array.isArray(args.runs) ? args.runs.length : 0),
      body: ComparisonTab
    });
    opsnb.addTab({ kind: 'job', title: args => trans.__('Job %1', named(args, 'job')), body: JobTab });
    opsnb.addSection({ id: 'runs', title: trans.__('Runs'), rank: 10, body: RunsSection });
    opsnb.addSection({ id: 'jobs', title: trans.__('Jobs'), rank: 20, body: JobsSection });
    opsnb.addSection({
      id: 'machine',
      title: trans.__('GPU and machine'),
      rank: 90,
      body: MachineSection,
      closed: true
    });
  }
};
