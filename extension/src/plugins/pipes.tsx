import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { EvaluationsSection } from '../panels/evaluations';
import { IndexesSection } from '../panels/indexes';
import { PipelinesSection } from '../panels/pipelines';
import { DagTab } from '../tabs/dag';
import { ReportTab } from '../tabs/report';
import { RetrievalTab } from '../tabs/retrieval';
import { IOpsnb } from '../tokens';

export const pipes: JupyterFrontEndPlugin<void> = {
  id: '@opsnb/labextension:pipes',
  description: 'Pipelines, indexes and evaluations in the side panel, and their tabs',
  autoStart: true,
  requires: [IOpsnb],
  activate: (_: JupyterFrontEnd, opsnb: IOpsnb) => {
    const { trans } = opsnb;
    opsnb.addSection({ id: 'pipelines', title: trans.__('Pipelines'), rank: 30, body: PipelinesSection });
    opsnb.addSection({
      id: 'indexes',
      title: trans.__('Indexes'),
      rank: 40,
      closed: true,
      body: IndexesSection
    });
    opsnb.addSection({
      id: 'evaluations',
      title: trans.__('Evaluations'),
      rank: 50,
      closed: true,
      body: EvaluationsSection
    });
    opsnb.addTab({
      kind: 'dag',
      title: args => {
        const file = String(args.file ?? '');
        return file
          ? PathExt.basename(PathExt.dirname(file)) || file
          : trans.__('Pipeline %1', String(args.run));
      },
      body: DagTab
    });
    opsnb.addTab({
      kind: 'retrieval',
      title: args => trans.__('Index %1', String(args.index)),
      body: RetrievalTab
    });
    opsnb.addTab({
      kind: 'report',
      title: args => trans.__('Report %1', String(args.name ?? args.run)),
      body: ReportTab
    });
  }
};
